"""The metrics of functions: of every invocation, whoever invoked, once.

ministack counts only calls of Invoke. `Duration` includes starting the environment here.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

import time
from typing import Any

from ministack.services import lambda_svc

from local_aws.cloudwatch import measurements
from local_aws.cloudwatch.measurements import Value

HOOKS = (
    *measurements.HOOKS,
    "ministack.services.lambda_svc:_acquire_execution_slot",
    "ministack.services.lambda_svc:_emit_lambda_metrics",
    "ministack.services.lambda_svc:_execute_function_dispatch",
)

_NAMESPACE = "AWS/Lambda"


def install() -> None:
    """Put this overlay in place."""
    acquire, dispatch = lambda_svc._acquire_execution_slot, lambda_svc._execute_function_dispatch

    def acquire_execution_slot(func: dict[str, Any], config: dict[str, Any]) -> Any:
        slot, limit = acquire(func, config)
        if slot is None:
            measurements.record(_NAMESPACE, (_dimensions(config),), (Value("Throttles", 1.0),))
        return slot, limit

    def execute_function_dispatch(func: dict[str, Any], config: dict[str, Any], *rest: Any) -> Any:
        began = time.perf_counter()
        result = dispatch(func, config, *rest)
        milliseconds = measurements.significant((time.perf_counter() - began) * 1000)
        values = (
            Value("Invocations", 1.0),
            Value("Errors", float(bool(result.get("error")))),
            Value("Throttles", 0.0),
            Value("Duration", milliseconds, "Milliseconds"),
        )
        measurements.record(_NAMESPACE, (_dimensions(config),), values)
        return result

    lambda_svc._acquire_execution_slot = acquire_execution_slot
    lambda_svc._execute_function_dispatch = execute_function_dispatch
    lambda_svc._emit_lambda_metrics = lambda *_arguments, **_named: None


def _dimensions(config: dict[str, Any]) -> dict[str, str]:
    return {"FunctionName": config["FunctionName"]}
