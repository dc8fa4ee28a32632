"""A role's permissions boundary, which ministack's CloudFormation drops without a word.

A stack's roles would be held by nothing but their policies.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
"""

from ministack.core.responses import get_account_id
from ministack.services import iam

from local_aws import cloudformation
from local_aws.cloudformation import Properties

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.services.iam:_lookup_policy",
    "ministack.services.iam:_policies",
    "ministack.services.iam:_roles",
)

_MEMBER = "PermissionsBoundary"


def install() -> None:
    """Put this overlay in place."""
    cloudformation.after("AWS::IAM::Role", _apply)


def _apply(name: str, properties: Properties, _before: Properties | None) -> None:
    boundary = properties.get(_MEMBER)
    if boundary is None:
        iam._roles[name].pop(_MEMBER, None)
        return
    if not _exists(boundary):
        raise ValueError(f"Scope ARN: {boundary} does not exist or is not attachable.")
    iam._roles[name][_MEMBER] = boundary


def _exists(policy_arn: str) -> bool:
    if policy_arn.startswith("arn:aws:iam::aws:"):
        return iam._lookup_policy(policy_arn) is not None
    return policy_arn.split(":")[4] == get_account_id() and policy_arn in iam._policies
