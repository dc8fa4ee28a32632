"""Deletes, when their stack is destroyed, what a workload's state machines made outside of CloudFormation."""
