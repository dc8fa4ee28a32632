"""Turns a workload's settings and an execution's input into the exact settings of one run."""
