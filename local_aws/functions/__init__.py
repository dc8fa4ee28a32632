"""Lambda functions of Python runtimes: each execution environment is a process of its own."""
