"""Handing a role to a service takes `iam:PassRole` on the role, for that service.

ministack takes any role from anybody who may create a function, a state machine, a rule's target, a schedule,
a stack or a trail: the way to more rights than one's own. SageMaker's operations check this themselves.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import get_region

HOOKS = (
    "ministack.app:SERVICE_HANDLERS",
    "ministack.core.iam_actions:access_denied_response",
    "ministack.core.iam_evaluator:enforce",
    "ministack.core.iam_evaluator:EvalResult",
    "ministack.core.router:extract_access_key_id",
)

# Service -> (its principal, the roles that a request names).
Named = Callable[[str, str, Mapping[str, str], bytes], Iterator[Any]]


def install() -> None:
    """Put this overlay in place."""
    for service, (principal, named) in _PASSED.items():
        app.SERVICE_HANDLERS[service] = _checked(service, principal, named, app.SERVICE_HANDLERS[service])


def _checked(service: str, principal: str, named: Named, original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        access_key_id = router.extract_access_key_id(headers, query_params)
        for role in named(method, path, headers, body):
            if access_key_id and isinstance(role, str) and role.startswith("arn:"):
                denied = iam_evaluator.enforce(
                    access_key_id,
                    "iam:PassRole",
                    "iam",
                    get_region(),
                    role,
                    {"iam:PassedToService": principal},
                )
                if isinstance(denied, iam_evaluator.EvalResult):
                    return iam_actions.access_denied_response(
                        service,
                        "iam:PassRole",
                        denied.principal_arn,
                        headers.get("x-amzn-requestid", ""),
                        headers=headers,
                        resource_arn=role,
                        explicit_deny=denied.decision == "Deny",
                    )
        return await original(method, path, headers, body, query_params)

    return handle_request


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _operation(headers: Mapping[str, str]) -> str:
    return headers.get("x-amz-target", "").rpartition(".")[2]


def _of_function(method: str, path: str, _headers: Mapping[str, str], body: bytes) -> Iterator[Any]:
    if (method, path.rstrip("/").rpartition("/")[2]) in (("POST", "functions"), ("PUT", "configuration")):
        yield _document(body).get("Role")


def _of_state_machine(_method: str, _path: str, headers: Mapping[str, str], body: bytes) -> Iterator[Any]:
    if _operation(headers) in ("CreateStateMachine", "UpdateStateMachine"):
        yield _document(body).get("roleArn")


def _of_rule(_method: str, _path: str, headers: Mapping[str, str], body: bytes) -> Iterator[Any]:
    if _operation(headers) == "PutTargets":
        for target in _document(body).get("Targets") or []:
            yield target.get("RoleArn") if isinstance(target, dict) else None


def _of_schedule(method: str, _path: str, _headers: Mapping[str, str], body: bytes) -> Iterator[Any]:
    target = _document(body).get("Target")
    if method in ("POST", "PUT") and isinstance(target, dict):
        yield target.get("RoleArn")


def _of_stack(_method: str, _path: str, _headers: Mapping[str, str], body: bytes) -> Iterator[Any]:
    yield from parse_qs(body.decode("utf-8", "replace")).get("RoleARN", [])


def _of_trail(_method: str, _path: str, headers: Mapping[str, str], body: bytes) -> Iterator[Any]:
    if _operation(headers) in ("CreateTrail", "UpdateTrail"):
        yield _document(body).get("CloudWatchLogsRoleArn")


_PASSED: dict[str, tuple[str, Named]] = {
    "lambda": ("lambda.amazonaws.com", _of_function),
    "states": ("states.amazonaws.com", _of_state_machine),
    "events": ("events.amazonaws.com", _of_rule),
    "scheduler": ("scheduler.amazonaws.com", _of_schedule),
    "cloudformation": ("cloudformation.amazonaws.com", _of_stack),
    "cloudtrail": ("cloudtrail.amazonaws.com", _of_trail),
}
