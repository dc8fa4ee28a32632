"""A role that trusts a service is not for people: nobody but the service assumes it.

ministack takes the root user of any account, also of another one, for every service that a trust policy
names. Here a service takes its role's credentials in-process, so a caller of the API is never one.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
from typing import Any

from ministack.core import iam_evaluator

HOOKS = ("ministack.core.iam_evaluator:evaluate_trust_policy",)


def install() -> None:
    """Put this overlay in place."""
    original = iam_evaluator.evaluate_trust_policy

    def evaluate_trust_policy(trust_doc: str | dict[str, Any], caller_arn: str, ctx: Any = None) -> bool:
        return bool(original(_for_callers(trust_doc), caller_arn, ctx))

    iam_evaluator.evaluate_trust_policy = evaluate_trust_policy


def _for_callers(document: str | dict[str, Any]) -> Any:
    """The policy without the services that it names; what can't be read is left to the original."""
    try:
        parsed = json.loads(document) if isinstance(document, str) else document
        statements = parsed["Statement"]
        listed = [statements] if isinstance(statements, dict) else statements
        return {**parsed, "Statement": [_without_services(statement) for statement in listed]}
    except (ValueError, KeyError, TypeError):
        return document


def _without_services(statement: dict[str, Any]) -> dict[str, Any]:
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return statement
    others = {kind: named for kind, named in principal.items() if kind != "Service"}
    return {**statement, "Principal": others}
