"""Deletes, when their stack is destroyed, the endpoints that deployments made outside of CloudFormation."""
