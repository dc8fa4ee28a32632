"""The condition key `cloudwatch:namespace` of PutMetricData, which keeps a role to its own metrics.

ministack has none, so that a statement under it allows nothing. The request may be JSON, CBOR or a query.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import cbor2
from ministack.core import iam_actions

HOOKS = ("ministack.core.iam_actions:request_tag_context",)

_ACTION = "cloudwatch:PutMetricData"
_KEY = "cloudwatch:namespace"


def install() -> None:
    """Put this overlay in place."""
    iam_actions.request_tag_context = _with_namespace(iam_actions.request_tag_context)


def _with_namespace(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(
        service: str, iam_action: str, body: bytes, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        context = original(service, iam_action, body, params)
        if iam_action != _ACTION:
            return context
        namespace = _namespace(body, params)
        return {**context, _KEY: namespace} if isinstance(namespace, str) else context

    return request_tag_context


def _namespace(body: bytes, params: Mapping[str, Any]) -> Any:
    if "Namespace" in params:
        given = params["Namespace"]
        return given[0] if isinstance(given, list) else given
    try:
        document = json.loads(body) if body[:1] == b"{" else cbor2.loads(body)
    except (ValueError, cbor2.CBORDecodeError):
        return None
    return document.get("Namespace") if isinstance(document, dict) else None
