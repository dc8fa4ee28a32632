"""The condition keys of IAM's own actions: `iam:PermissionsBoundary` and `iam:PolicyARN`.

With them a policy lets somebody make roles, but only roles under a boundary. ministack has neither, so that
such a statement allows nothing.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import iam

HOOKS = (
    "ministack.core.iam_actions:request_tag_context",
    "ministack.services.iam:_roles",
    "ministack.services.iam:_users",
)

# The boundary is what the request names, or what the role or user has.
_NAMED = {f"iam:{verb}" for verb in ("CreateRole", "CreateUser")} | {
    f"iam:Put{kind}PermissionsBoundary" for kind in ("Role", "User")
}
_HELD = {
    f"iam:{verb}"
    for kind in ("Role", "User")
    for verb in (
        f"Attach{kind}Policy",
        f"Delete{kind}PermissionsBoundary",
        f"Delete{kind}Policy",
        f"Detach{kind}Policy",
        f"Put{kind}Policy",
    )
}


def install() -> None:
    """Put this overlay in place."""
    iam_actions.request_tag_context = _with_keys(iam_actions.request_tag_context)


def _with_keys(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(
        service: str, iam_action: str, body: bytes, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {**original(service, iam_action, body, params), **_keys(iam_action, params)}

    return request_tag_context


def _keys(action: str, params: Mapping[str, Any]) -> dict[str, str]:
    found = {"iam:PermissionsBoundary": _boundary(action, params)}
    if action in _HELD:
        found["iam:PolicyARN"] = _first(params.get("PolicyArn"))
    return {key: value for key, value in found.items() if value}


def _boundary(action: str, params: Mapping[str, Any]) -> str | None:
    if action in _NAMED:
        return _first(params.get("PermissionsBoundary"))
    if action not in _HELD:
        return None
    entity = iam._roles.get(_first(params.get("RoleName"))) or iam._users.get(_first(params.get("UserName")))
    held = (entity or {}).get("PermissionsBoundary")
    return held.get("PermissionsBoundaryArn") if isinstance(held, dict) else held


def _first(value: Any) -> str | None:
    return value[0] if isinstance(value, list) and value else value or None
