"""The metrics of state machines: executions that started and how they ended.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

import datetime as dt
from typing import Any

from ministack.services import stepfunctions

from local_aws.cloudwatch import measurements
from local_aws.cloudwatch.measurements import Value

HOOKS = (
    *measurements.HOOKS,
    "ministack.services.stepfunctions:_add_event",
    "ministack.services.stepfunctions:_start_execution",
)

_ENDS = {
    "ExecutionSucceeded": "ExecutionsSucceeded",
    "ExecutionFailed": "ExecutionsFailed",
    "ExecutionTimedOut": "ExecutionsTimedOut",
    "ExecutionAborted": "ExecutionsAborted",
}


def install() -> None:
    """Put this overlay in place."""
    add_event, start_execution = stepfunctions._add_event, stepfunctions._start_execution

    def add(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> Any:
        event = add_event(execution, event_type, details)
        if event_type in _ENDS and execution.get("stateMachineArn"):
            milliseconds = (_moment(event["timestamp"]) - _moment(execution["startDate"])) * 1000
            ended = Value("ExecutionTime", measurements.significant(milliseconds), "Milliseconds")
            _record(execution["stateMachineArn"], Value(_ENDS[event_type], 1.0), ended)
        return event

    def start(data: dict[str, Any]) -> Any:
        response = start_execution(data)
        if response[0] < 400:
            _record(data["stateMachineArn"], Value("ExecutionsStarted", 1.0))
        return response

    stepfunctions._add_event = add
    stepfunctions._start_execution = start


def _record(machine_arn: str, *values: Value) -> None:
    measurements.record("AWS/States", ({"StateMachineArn": machine_arn},), values)


def _moment(value: Any) -> float:
    """A point in time as ministack writes it: epoch seconds or ISO 8601."""
    if isinstance(value, int | float):
        return float(value)
    return dt.datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()
