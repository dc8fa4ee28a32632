"""Measurements, each a ratio to a baseline that is taken in the same run: `make bench`."""
