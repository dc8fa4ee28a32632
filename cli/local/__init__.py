"""The local AWS as the operator sees it: up, stop, status, logs, clean."""
