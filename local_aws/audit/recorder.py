"""Records every call that comes over HTTP, also those that are refused.

Management events are what LookupEvents answers with; trails take what they select. Calls that services make
in-process (a state machine's, a rule's) are not recorded: `access.jsonl` has what they were allowed.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id
from ministack.services import cloudtrail

from local_aws.audit import events
from local_aws.audit.events import Call, Event

HOOKS = (
    *events.HOOKS,
    "ministack.app:_dispatch_service_request",
    "ministack.app:_routing_params",
    "ministack.core.iam_actions:extract_iam_action",
    "ministack.core.router:detect_service",
    "ministack.core.router:extract_access_key_id",
    "ministack.core.router:extract_region",
    "ministack.services.cloudtrail:_get_event_queue",
)

# What has no control plane of AWS's behind it, or is called too often to say anything.
_SILENT = ("unknown_query", "imds", "execute-api")

Dispatch = Callable[..., Any]


def install(take: Callable[[Event], None]) -> None:
    """Record calls from now on, and hand every event to `take` too."""
    app._dispatch_service_request = _recorded(app._dispatch_service_request, take)


def _recorded(original: Dispatch, take: Callable[[Event], None]) -> Dispatch:
    async def dispatch(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        request_id: str,
    ) -> Any:
        answer = await original(method, path, headers, body, query_params, request_id)
        if not path.startswith("/_"):
            request = (method, path, headers, body, query_params, request_id)
            # In the loop's next round: the answer is on its way then, and no other request was looked at.
            asyncio.get_running_loop().call_soon(_record, request, answer, take)
        return answer

    return dispatch


def _record(request: Any, answer: Any, take: Callable[[Event], None]) -> None:
    method, path, headers, body, query, request_id = request
    routing = app._routing_params(method, path, headers, body, query)
    service = router.detect_service(method, path, headers, routing)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, routing)
    if service in _SILENT or action is None:
        return
    response = answer[2]
    made = events.event(
        Call(
            service=service,
            action=action,
            method=method,
            path=path,
            headers=headers,
            query=query,
            body=body,
            access_key=router.extract_access_key_id(headers, query) or "",
            request_id=request_id,
            account=get_account_id(),
            region=router.extract_region(headers),
            status=answer[0],
            response_headers=answer[1],
            response=response if isinstance(response, bytes) else b"",
        )
    )
    if made["managementEvent"]:
        cloudtrail._get_event_queue().append(_looked_up(made))
    take(made)


def _looked_up(made: Event) -> dict[str, Any]:
    """An event as LookupEvents answers with it."""
    identity = made["userIdentity"]
    return {
        "EventId": made["eventID"],
        "EventName": made["eventName"],
        "EventSource": made["eventSource"],
        "EventTime": time.time(),
        "Username": identity.get("userName") or str(identity.get("arn", "")).rpartition("/")[2],
        "AccessKeyId": identity.get("accessKeyId", ""),
        "ReadOnly": "true" if made["readOnly"] else "false",
        "Resources": [
            {"ResourceType": each["type"], "ResourceName": each["ARN"].rpartition(":::")[2]}
            for each in made["resources"]
        ],
        "CloudTrailEvent": json.dumps(made),
    }
