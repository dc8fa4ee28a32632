"""A state machine's events go to the log group that its logging configuration names.

ministack keeps the configuration and writes nothing. Levels and the shape of an entry are AWS's.
https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import datetime as dt
import json
from typing import Any

from ministack.services import stepfunctions

from local_aws.functions import logs

HOOKS = (
    *logs.HOOKS,
    "ministack.services.stepfunctions:_add_event",
    "ministack.services.stepfunctions:_start_execution",
    "ministack.services.stepfunctions:_executions",
    "ministack.services.stepfunctions:_state_machines",
)

_FATAL = {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
_DATA = {"input", "output", "cause"}


def install() -> None:
    """Put this overlay in place."""
    add_event, start_execution = stepfunctions._add_event, stepfunctions._start_execution

    def add(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> Any:
        event = add_event(execution, event_type, details)
        _write(execution, event)
        return event

    def start(data: dict[str, Any]) -> Any:
        response = start_execution(data)
        if response[0] < 400:
            execution = stepfunctions._executions[json.loads(response[2])["executionArn"]]
            _write(execution, execution["events"][0])
        return response

    stepfunctions._add_event = add
    stepfunctions._start_execution = start


def _write(execution: dict[str, Any], event: dict[str, Any]) -> None:
    machine = stepfunctions._state_machines.get(execution.get("stateMachineArn", ""))
    configuration = _camel((machine or {}).get("loggingConfiguration") or {})
    if machine is None or not _wanted(event["type"], configuration.get("level", "OFF")):
        return
    entry = json.dumps(_entry(execution, event, with_data=bool(configuration.get("includeExecutionData"))))
    day = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d")
    for destination in configuration.get("destinations") or []:
        group_arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"]
        group = group_arn.split(":log-group:", 1)[1].removesuffix(":*")
        logs.write(group, f"states/{machine['name']}/{day}", [entry])


def _wanted(event_type: str, level: str) -> bool:
    if level == "ALL":
        return True
    failed = event_type.endswith(("Failed", "TimedOut", "Aborted"))
    return event_type in _FATAL if level == "FATAL" else level == "ERROR" and failed


def _entry(execution: dict[str, Any], event: dict[str, Any], *, with_data: bool) -> dict[str, Any]:
    details: dict[str, Any] = next(
        (value for key, value in event.items() if key.endswith("EventDetails")), {}
    )
    if not with_data:
        details = {key: value for key, value in details.items() if key not in _DATA}
    moment = dt.datetime.fromisoformat(str(event["timestamp"]).replace("Z", "+00:00"))
    return {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "previous_event_id": str(event["id"] - 1),
        "event_timestamp": str(int(moment.timestamp() * 1000)),
        "execution_arn": execution["executionArn"],
        "redrive_count": "0",
    }


def _camel(value: Any) -> Any:
    """A configuration from a template (`LogGroupArn`) in the API's spelling (`logGroupArn`)."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value
