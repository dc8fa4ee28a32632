"""Acknowledged cdk-nag findings: one resource, one finding, one reason."""

import re
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_s3 as s3
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding on one construct; the reason lands in the validation report."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def acknowledge_resource_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """Accept the wildcard in one resource ARN of the construct's policy (AwsSolutions-IAM5)."""
    flat = _flatten(Stack.of(construct).resolve(resource))
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{flat}]", reason)


def acknowledge_objects(construct: IConstruct, bucket: s3.IBucket, pattern: str, reason: str) -> None:
    """Accept a policy's pattern of object keys in a bucket, which may be another stack's."""
    owner, user = Stack.of(bucket), Stack.of(construct)
    # Another stack's bucket is an import by the time cdk-nag reads the policy.
    arn = bucket.bucket_arn if owner is user else owner.export_value(bucket.bucket_arn)
    acknowledge_resource_wildcard(construct, f"{arn}/{pattern}", reason)


def _flatten(resource: Any) -> str:
    """Write a resolved ARN as cdk-nag names it: references in angle brackets, joins run together."""
    if isinstance(resource, str):
        return re.sub(r"\$\{([^}]+)\}", r"<\1>", resource)
    function, argument = next(iter(resource.items()))
    if function == "Ref":
        return f"<{argument}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function == "Fn::ImportValue":
        return _flatten(argument)
    if function == "Fn::Join":
        return str(argument[0]).join(_flatten(part) for part in argument[1])
    raise ValueError(f"no rule for how cdk-nag names {function}")
