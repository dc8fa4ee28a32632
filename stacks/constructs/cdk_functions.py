"""Functions that the CDK makes for its custom resources, brought to what every function here has."""

from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from stacks.constructs.decisions import RUNTIME_OF_THE_COPIER, accept_function

COPIER = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C"
MEMORY_MB = 256


def settle_copier(stack: Stack, role: iam.Role, key: kms.IKey) -> None:
    """Trace the function of a stack's BucketDeployments, and encrypt its variables; `role` is its own."""
    copier = cast(lambda_.SingletonFunction, stack.node.find_child(COPIER))
    trace(copier, role)
    cast(lambda_.CfnFunction, copier.node.default_child).kms_key_arn = key.key_arn
    RUNTIME_OF_THE_COPIER.accept(copier)
    accept_function(copier)


def settle_framework_function(function: lambda_.Function, role: iam.Role) -> None:
    """Trace a function of the provider framework and say what memory it has; `role` is its own."""
    cast(lambda_.CfnFunction, function.node.default_child).memory_size = MEMORY_MB
    trace(function, role)
    accept_function(function)


def trace(function: lambda_.IFunction, role: iam.Role) -> None:
    """Have a function send traces, which CDK's custom resources have no switch for."""
    resource = cast(lambda_.CfnFunction, function.node.default_child)
    resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"])
    )
