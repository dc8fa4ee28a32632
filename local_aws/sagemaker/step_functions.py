"""Step Functions' optimized SageMaker integrations, `arn:aws:states:::sagemaker:<operation>[.sync]`.

A `.sync` task ends when its job does, and its job is stopped when the task's execution or time is at an end.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

import json
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions

from local_aws.sagemaker import events, model, operations
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.jobs.lifecycle import JOB_KINDS
from local_aws.sagemaker.kinds import Kind

HOOKS = (
    "ministack.services.stepfunctions:_ExecutionError",
    "ministack.services.stepfunctions:_SERVICE_DISPATCH",
    "ministack.services.stepfunctions:_execute_task",
    "ministack.services.stepfunctions:_invoke_resource_with_timeout",
)

_PREFIX = "arn:aws:states:::sagemaker:"
_OPERATIONS = (
    "CreateTrainingJob",
    "CreateHyperParameterTuningJob",
    "CreateProcessingJob",
    "CreateTransformJob",
    "CreateModel",
    "CreateEndpointConfig",
    "CreateEndpoint",
    "UpdateEndpoint",
)
_POLL_SECONDS = 0.05

_execution: ContextVar[dict[str, Any] | None] = ContextVar("sagemaker_task_execution", default=None)
_timed_out: ContextVar[threading.Event | None] = ContextVar("sagemaker_task_timed_out", default=None)


def install() -> None:
    """Register the integrations with the emulator's Step Functions."""
    stepfunctions._SERVICE_DISPATCH[_PREFIX] = _perform
    stepfunctions._execute_task = _knowing_its_execution(stepfunctions._execute_task)
    with_timeout = _telling_its_end(stepfunctions._invoke_resource_with_timeout)
    stepfunctions._invoke_resource_with_timeout = with_timeout


def _perform(resource: str, arguments: Any) -> dict[str, Any]:
    name, _, pattern = resource.removeprefix(_PREFIX).partition(".")
    operation = name[:1].upper() + name[1:]
    kind = next((kind for kind in JOB_KINDS if operation == f"Create{kind.name}"), None)
    if operation not in _OPERATIONS or (pattern and (pattern != "sync" or kind is None)):
        raise stepfunctions._ExecutionError("States.Runtime", f"{resource} is not a valid resource.")
    if not isinstance(arguments, dict):
        raise stepfunctions._ExecutionError("States.Runtime", "The task's arguments are not an object.")
    created = _call(operation, arguments)
    if kind is None or not pattern:
        return created
    return _await_end(kind, arguments[f"{kind.name}Name"])


def _await_end(kind: Kind, name: str) -> dict[str, Any]:
    """The job's description at its end, as the result of a job that completed or the cause of one that did
    not."""
    status, operation = f"{kind.name}Status", f"Describe{kind.name}"
    pause = threading.Event()
    while True:
        described = _call(operation, {f"{kind.name}Name": name})
        if described[status] in ("Completed", "Failed", "Stopped"):
            break
        if _abandoned() and described[status] == "InProgress":
            _call(f"Stop{kind.name}", {f"{kind.name}Name": name})
        pause.wait(_POLL_SECONDS)
    shown: dict[str, Any] = model.timestamps(operation).rewrite(described, events.epoch_milliseconds)
    if described[status] != "Completed":
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(shown))
    return shown


def _abandoned() -> bool:
    """Whether nobody waits for the task any more."""
    execution, timed_out = _execution.get(), _timed_out.get()
    return (execution is not None and execution.get("status") != "RUNNING") or (
        timed_out is not None and timed_out.is_set()
    )


def _call(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return operations.call(operation, arguments)
    except ServiceError as error:
        raise stepfunctions._ExecutionError(_error_name(operation, error), _cause(error)) from None


def _error_name(operation: str, error: ServiceError) -> str:
    """`SageMaker.<Code>Exception` for an error the operation declares, the SDK's general one for all
    others."""
    declared = {shape.name for shape in model.operation(operation).error_shapes}
    if error.code in declared:
        return f"SageMaker.{error.code.removesuffix('Exception')}Exception"
    return "SageMaker.AmazonSageMakerException"


def _cause(error: ServiceError) -> str:
    return (
        f"{error.message} (Service: AmazonSageMaker; Status Code: {error.status}; Error Code: {error.code}; "
        "Proxy: null)"
    )


def _knowing_its_execution(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(state: Any, raw_input: Any, execution: Any, context: Any) -> Any:
        token = _execution.set(execution)
        try:
            return original(state, raw_input, execution, context)
        finally:
            _execution.reset(token)

    return execute


def _telling_its_end(original: Callable[..., Any]) -> Callable[..., Any]:
    """The task's own thread goes on after its time is up; this tells it."""

    def invoke(resource: Any, arguments: Any, seconds: Any) -> Any:
        ended = threading.Event()
        token = _timed_out.set(ended)
        try:
            return original(resource, arguments, seconds)
        finally:
            ended.set()
            _timed_out.reset(token)

    return invoke
