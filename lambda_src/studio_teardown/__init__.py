"""Deletes, with a Studio domain or one of its users, what was made in it and what it leaves behind."""
