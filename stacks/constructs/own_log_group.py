"""A log group that a stack owns, so that destroying the stack leaves none behind."""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from settings.environment import Environment


class OwnLogGroup(logs.LogGroup):
    """Encrypted under the platform's key, kept as long as the environment says."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, key: kms.IKey
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN if environment.retain_data else RemovalPolicy.DESTROY,
        )
        resource = cast(logs.CfnLogGroup, self.node.default_child)
        resource.retention_in_days = environment.log_retention_days
