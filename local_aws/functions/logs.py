"""What CloudWatch Logs gets of an invocation: the platform's lines and the handler's, if the role may write
them.
"""

import json
import time
from collections.abc import Iterable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from local_aws import enforcement

HOOKS = (
    "ministack.services.cloudwatch_logs:_log_groups",
    "ministack.services.cloudwatch_logs:_append_log_events",
    "ministack.services.cloudwatch_logs:_fanout_to_subscription_filters",
    "ministack.services.cloudwatch_logs:_make_group_arn",
)


def write(group: str, stream: str, messages: Iterable[str]) -> None:
    """Append messages to a stream, making group and stream when they are missing."""
    groups = cloudwatch_logs._log_groups
    if group not in groups:
        groups[group] = _new_group(group)
    streams = groups[group]["streams"]
    if stream not in streams:
        streams[stream] = _new_stream()
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message, "ingestionTime": now} for message in messages]
    cloudwatch_logs._append_log_events(streams[stream], events)
    cloudwatch_logs._fanout_to_subscription_filters(group, stream, events)


def may_write(role_arn: str, group: str, stream: str) -> bool:
    """Whether the role may do what writing to that stream takes; on AWS a function without it runs and logs
    nothing.
    """
    group_arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{group}"
    stream_arn = f"{group_arn}:log-stream:{stream}"
    found = cloudwatch_logs._log_groups.get(group)
    needed = [] if found else [("logs:CreateLogGroup", f"{group_arn}:log-stream:")]
    needed += [] if found and stream in found["streams"] else [("logs:CreateLogStream", stream_arn)]
    needed += [("logs:PutLogEvents", stream_arn)]
    try:
        for action, resource in needed:
            enforcement.require(role_arn, action, resource)
    except enforcement.AccessDenied:
        return False
    return True


def invocation_lines(config: dict[str, Any], request_id: str, log: str, milliseconds: int) -> list[str]:
    """START, the handler's lines, END and REPORT, in the function's log format."""
    version = config.get("Version", "$LATEST")
    memory = config.get("MemorySize", 128)
    handler_lines = log.split("\n") if log else []
    if (config.get("LoggingConfig") or {}).get("LogFormat") == "JSON":
        started = {"requestId": request_id, "version": version}
        metrics = {"durationMs": milliseconds, "billedDurationMs": milliseconds, "memorySizeMB": memory}
        report = {"requestId": request_id, "metrics": metrics}
        return [_platform("start", started), *handler_lines, _platform("report", report)]
    duration = f"Duration: {milliseconds} ms\tBilled Duration: {milliseconds} ms"
    return [
        f"START RequestId: {request_id} Version: {version}",
        *handler_lines,
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\t{duration}\tMemory Size: {memory} MB",
    ]


def _platform(kind: str, record: dict[str, Any]) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"time": moment, "type": f"platform.{kind}", "record": record})


def _new_group(name: str) -> dict[str, Any]:
    return {
        "arn": cloudwatch_logs._make_group_arn(name),
        "creationTime": int(time.time() * 1000),
        "retentionInDays": None,
        "tags": {},
        "subscriptionFilters": {},
        "streams": {},
    }


def _new_stream() -> dict[str, Any]:
    return {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": int(time.time() * 1000),
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }
