"""Temporary credentials of a role, for what AWS's services run on a customer's behalf."""

import json
import secrets
import time
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts

from local_aws import environment

HOOKS = (
    "ministack.core.iam_evaluator:EvalContext",
    "ministack.core.iam_evaluator:evaluate_resource_policy",
    "ministack.services.iam:_roles",
    "ministack.services.sts:register_session",
)

# Longer than any job is allowed to run (28 days).
_LIFETIME_SECONDS = 30 * 24 * 3600


class RoleNotAssumable(Exception):  # noqa: N818 - what is wrong is the role
    """The role does not exist, or its trust policy does not admit the service; the text is SageMaker's."""

    def __init__(self, role_arn: str, service_principal: str) -> None:
        super().__init__(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{service_principal}' to assume the role."
        )
        self.role_arn = role_arn


def role_environment(
    role_arn: str, session_name: str, service_principal: str = "sagemaker.amazonaws.com"
) -> dict[str, str]:
    """Environment variables with which a process acts as the role against this local AWS.

    Raises RoleNotAssumable when the role is missing or its trust policy does not let the service assume it.
    """
    check_assumable(role_arn, service_principal)
    role_name = role_arn.rsplit("/", 1)[-1]
    access_key = "ASIA" + secrets.token_hex(8).upper()
    session = {
        "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{role_name}/{session_name}",
        "UserId": f"{role_name}:{session_name}",
        "SecretAccessKey": secrets.token_hex(20),
        "SessionToken": secrets.token_hex(32),
        "Expiration": time.time() + _LIFETIME_SECONDS,
    }
    sts.register_session(access_key, session)
    return {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": str(session["SecretAccessKey"]),
        "AWS_SESSION_TOKEN": str(session["SessionToken"]),
        "AWS_ENDPOINT_URL": environment.endpoint_url(),
        "AWS_REGION": get_region(),
        "AWS_DEFAULT_REGION": get_region(),
    }


def check_assumable(role_arn: str, service_principal: str) -> None:
    """Raise RoleNotAssumable unless the role exists and its trust policy admits `service_principal`."""
    role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
    if role is None or role["Arn"] != role_arn or not _trusts(role, role_arn, service_principal):
        raise RoleNotAssumable(role_arn, service_principal)


def _trusts(role: dict[str, Any], role_arn: str, service_principal: str) -> bool:
    document = role["AssumeRolePolicyDocument"]
    trust = json.loads(document) if isinstance(document, str) else document
    statements = trust.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    account = get_account_id()
    request = iam_evaluator.EvalContext(
        principal_arn=service_principal,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
        service_context={"aws:sourceaccount": account},
    )
    # A trust policy names no resource: it is the role's own.
    policy = {"Statement": [{**statement, "Resource": role_arn} for statement in statements]}
    result = iam_evaluator.evaluate_resource_policy(policy, request, service=service_principal)
    return bool(result.decision == "Allow")
