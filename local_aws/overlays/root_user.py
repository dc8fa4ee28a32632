"""The account's root user proves who it is, and other accounts' and its own resources' policies hold it.

ministack takes a root key without looking at the signature, and lets root do everything everywhere. On AWS a
wrong signature is refused, an explicit deny in a resource's policy holds the root user too (but for a
bucket's policy itself, so that nobody is locked out), and a root user of another account may only what the
policy of the resource allows. The root keys are `test` and any account's number, with the secret `test`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, request_scope

HOOKS = (
    "ministack.core.iam_evaluator:enforce",
    "ministack.core.iam_evaluator:evaluate_resource_policy",
    "ministack.core.iam_evaluator:is_root_access_key",
    "ministack.core.iam_evaluator:resolve_caller_identity",
    "ministack.core.iam_evaluator:EvalContext",
    "ministack.core.iam_evaluator:EvalResult",
    "ministack.core.iam_evaluator:_account_from_arn",
    "ministack.core.iam_evaluator:_is_root_key",
    "ministack.core.iam_evaluator:_resource_policy",
    "ministack.core.responses:request_scope",
)

_NEVER_LOCKED_OUT = {"s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"}


def install() -> None:
    """Put this overlay in place."""
    # Asked only where a signature would not be looked at; an unsigned request has no key.
    iam_evaluator._is_root_key = lambda access_key_id: not access_key_id
    iam_evaluator.resolve_caller_identity = _with_root(iam_evaluator.resolve_caller_identity)
    iam_evaluator.enforce = _held(iam_evaluator.enforce)


def _is_root(access_key_id: str) -> bool:
    return bool(access_key_id) and iam_evaluator.is_root_access_key(access_key_id)


def _with_root(original: Callable[[str], Any]) -> Callable[[str], Any]:
    def resolve_caller_identity(access_key_id: str) -> Any:
        if not _is_root(access_key_id):
            return original(access_key_id)
        account = get_account_id()
        return {
            "accessKey": access_key_id,
            "accountId": account,
            "userArn": f"arn:aws:iam::{account}:root",
            "userId": account,
            "principalOrgId": None,
            "session": None,
        }

    return resolve_caller_identity


def _held(original: Callable[..., Any]) -> Callable[..., Any]:
    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        result = original(access_key_id, iam_action, service, region, resource_arn, service_context)
        # Who may assume a role is for the role's trust policy to say.
        if result is not None or service == "sts" or not _is_root(access_key_id):
            return result
        return _refusal(iam_action, service, region, resource_arn, service_context or {})

    return enforce


def _refusal(action: str, service: str, region: str, resource: str, service_context: dict[str, Any]) -> Any:
    """What keeps the request's root user from the resource, else None."""
    account = get_account_id()
    owner = iam_evaluator._account_from_arn(resource) or account
    root = f"arn:aws:iam::{account}:root"
    context = iam_evaluator.EvalContext(
        principal_arn=root,
        principal_type="Root",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context={key.lower(): value for key, value in service_context.items()},
    )
    with request_scope(owner, region):
        found = iam_evaluator._resource_policy(service, resource)
        decision = iam_evaluator.evaluate_resource_policy(found[0] if found else None, context).decision
    if decision == "Deny" and action not in _NEVER_LOCKED_OUT:
        return iam_evaluator.EvalResult("Deny", root, resource_policy_arn=resource)
    if owner != account and decision != "Allow":
        return iam_evaluator.EvalResult("ImplicitDeny", root)
    return None
