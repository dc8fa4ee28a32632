"""Deletes, with a workload or its stack, what state machines made outside of CloudFormation."""
