"""Fetches a run's raw data, checks it, and keeps it under a prefix named by its content."""
