"""Notebook instances and their lifecycle configurations; nothing runs on an instance."""
