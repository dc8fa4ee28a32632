"""Asks a freshly deployed endpoint for one prediction whose answer is known."""
