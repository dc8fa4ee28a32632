"""The logs of CDK's own function that empties a stack's buckets before they are deleted."""

from typing import cast

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_kms as kms

from settings.environment import Environment
from stacks.constructs.decisions import accept_bare_function
from stacks.constructs.own_log_group import OwnLogGroup

_EMPTIER = "Custom::S3AutoDeleteObjectsCustomResourceProvider"


def own_the_logs_of_the_emptier(stack: Stack, *, environment: Environment, key: kms.IKey) -> None:
    """Have the function log to a group that goes with the stack; call it after the buckets are made."""
    logs = OwnLogGroup(stack, "EmptierLogs", environment=environment, key=key)
    function = cast(CfnResource, stack.node.find_child(_EMPTIER).node.find_child("Handler"))
    function.add_property_override("LoggingConfig.LogGroup", logs.log_group_name)
    accept_bare_function(function)
