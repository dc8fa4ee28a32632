"""What a request for a list of parameters or alarms asks for: ministack holds it against `*`, so that a
policy that names the parameter or the alarm grants nothing.

AWS holds each name of the list against the policy; here the first one is.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import cbor2
from ministack.core import iam_actions

HOOKS = ("ministack.core.iam_actions:extract_resource_arn",)

# service -> the member that lists names, and the beginning of the resource
_LISTS = {"ssm": ("Names", "ssm", "parameter"), "monitoring": ("AlarmNames", "cloudwatch", "alarm:")}


def install() -> None:
    """Put this overlay in place."""
    original: Callable[..., str] = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        if service in _LISTS:
            member, namespace, kind = _LISTS[service]
            name = _first(member, body, query_params)
            if name:
                return f"arn:aws:{namespace}:{region}:{account_id}:{kind}{name}"
        return original(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn


def _first(member: str, body: bytes, query_params: Mapping[str, Any]) -> str | None:
    given = query_params.get(f"{member}.member.1")
    if given:
        return str(given[0] if isinstance(given, list) else given)
    try:
        document = json.loads(body) if body[:1] == b"{" else cbor2.loads(body)
    except (ValueError, cbor2.CBORDecodeError):
        return None
    listed = document.get(member) if isinstance(document, dict) else None
    return str(listed[0]) if isinstance(listed, list) and listed else None
