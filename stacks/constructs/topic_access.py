"""Letting a service of AWS tell an encrypted topic."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns


def allow_telling(topic: sns.Topic, key: kms.IKey, *, service: str, source_arn: str) -> None:
    """Let a service publish for those of this account's resources that `source_arn`, a pattern, names.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    principals: list[iam.IPrincipal] = [iam.ServicePrincipal(service)]
    conditions = {
        "ArnLike": {"aws:SourceArn": source_arn},
        "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
    }
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=principals,
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions=conditions,
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=principals,
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions=conditions,
        )
    )
