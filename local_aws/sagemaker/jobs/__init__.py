"""Jobs: work of which each runs in a container of its own, with its own role, and ends."""
