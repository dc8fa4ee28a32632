"""Constructs: one thing each, with its own least-privilege grants."""
