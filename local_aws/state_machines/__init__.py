"""State machines: what their roles may do, and how they call other services."""
