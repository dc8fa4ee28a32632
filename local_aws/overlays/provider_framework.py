"""CDK's provider framework for custom resources, natively.

The framework is a Node.js function that calls a project's own handlers: `onEvent`, then `isComplete` until it
says so. It does not run here; its rules do: which physical id counts, how data is merged, and that a
handler's failure fails the stack operation with the handler's message. A function is recognized by the
variables the framework gives it.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html
"""

import json
import time
import uuid
from typing import Any

from ministack.services import lambda_svc, stepfunctions
from ministack.services.cloudformation import custom_resource

from local_aws import cloudformation, enforcement

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.services.cloudformation.custom_resource:invoke_custom_resource",
    "ministack.services.cloudformation.custom_resource:_normalise_resource_properties",
    "ministack.services.lambda_svc:_execution_record_for_config",
    "ministack.services.lambda_svc:_execute_function_with_config_scope",
    "ministack.services.stepfunctions:_state_machines",
)

_ON_EVENT = "USER_ON_EVENT_FUNCTION_ARN"
_IS_COMPLETE = "USER_IS_COMPLETE_FUNCTION_ARN"
_WAITER = "WAITER_STATE_MACHINE_ARN"
_CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
# The framework's own defaults, in seconds.
_QUERY_INTERVAL = 5.0
_TOTAL_TIMEOUT = 1800.0
_LONGEST_LOCAL_INTERVAL = 0.5

Event = dict[str, Any]


def install() -> None:
    """Put this overlay in place."""
    original = custom_resource.invoke_custom_resource

    def invoke_custom_resource(
        request_type: str,
        logical_id: str,
        props: dict[str, Any],
        stack_name: str,
        stack_id: str,
        resource_type: str,
        physical_id: str | None = None,
        old_props: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        _, configuration = cloudformation.function_of(props.get("ServiceToken", ""))
        if _ON_EVENT not in _variables(configuration):
            result: tuple[str, dict[str, Any]] = original(
                request_type, logical_id, props, stack_name, stack_id, resource_type, physical_id, old_props
            )
            return result
        event: Event = {
            "RequestType": request_type,
            "RequestId": str(uuid.uuid4()),
            "StackId": stack_id,
            "ResponseURL": "...",
            "ResourceType": resource_type,
            "LogicalResourceId": logical_id,
            "ServiceToken": props["ServiceToken"],
            "ResourceProperties": custom_resource._normalise_resource_properties(props),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if old_props is not None:
            event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)
        return _handle(configuration, event)

    custom_resource.invoke_custom_resource = invoke_custom_resource


def _variables(configuration: dict[str, Any]) -> dict[str, str]:
    return (configuration.get("Environment") or {}).get("Variables") or {}


def _handle(framework: dict[str, Any], event: Event) -> tuple[str, dict[str, Any]]:
    if event["RequestType"] == "Delete" and event["PhysicalResourceId"] == _CREATE_FAILED:
        return _CREATE_FAILED, {}
    variables = _variables(framework)
    answer = _call(framework["Role"], variables[_ON_EVENT], event) or {}
    event = {**event, **answer, "PhysicalResourceId": _physical_id(event, answer)}
    if variables.get(_IS_COMPLETE):
        event = _wait(framework, event)
    return event["PhysicalResourceId"], event.get("Data") or {}


def _physical_id(event: Event, answer: Event) -> str:
    given = answer.get("PhysicalResourceId")
    if event["RequestType"] == "Create":
        return str(given or event["RequestId"])
    if event["RequestType"] == "Delete" and given and given != event["PhysicalResourceId"]:
        raise ValueError(
            f'DELETE: cannot change the physical resource ID from "{event["PhysicalResourceId"]}" '
            f'to "{given}" during deletion'
        )
    return str(given or event["PhysicalResourceId"])


def _wait(framework: dict[str, Any], event: Event) -> Event:
    """Ask `isComplete` until it says so, as often as the framework's waiter would, only sooner."""
    variables = _variables(framework)
    polling, interval, timeout = _start_waiter(framework["Role"], variables[_WAITER])
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        answer = _call(polling["Role"], variables[_IS_COMPLETE], event) or {}
        data = answer.get("Data") or {}
        if answer.get("IsComplete"):
            return {**event, **answer, "Data": {**(event.get("Data") or {}), **data}}
        if data:
            raise ValueError('"Data" is not allowed if "IsComplete" is "False"')
        time.sleep(min(interval, _LONGEST_LOCAL_INTERVAL))
    raise ValueError("Operation timed out")


def _start_waiter(role: str, waiter_arn: str) -> tuple[dict[str, Any], float, float]:
    """The function with which the waiter polls, seconds between two queries, and seconds in all."""
    enforcement.require(role, "states:StartExecution", waiter_arn)
    machine = stepfunctions._state_machines[waiter_arn]
    definition = json.loads(machine["definition"])
    state = definition["States"][definition["StartAt"]]
    enforcement.require(machine["roleArn"], "lambda:InvokeFunction", state["Resource"])
    _, polling = cloudformation.function_of(state["Resource"])
    for retrier in state.get("Retry", []):
        interval = float(retrier.get("IntervalSeconds", _QUERY_INTERVAL))
        return polling, interval, interval * float(retrier.get("MaxAttempts", _TOTAL_TIMEOUT / interval))
    return polling, _QUERY_INTERVAL, _TOTAL_TIMEOUT


def _call(framework_role: str, function_arn: str, event: Event) -> Any:
    enforcement.require(framework_role, "lambda:InvokeFunction", function_arn)
    record, configuration = cloudformation.function_of(function_arn)
    execution = lambda_svc._execution_record_for_config(record, configuration)
    result = lambda_svc._execute_function_with_config_scope(execution, event)
    body = result.get("body")
    if result.get("error"):
        message = body.get("errorMessage", "error") if isinstance(body, dict) else str(body)
        raise ValueError(f"{message}\n\nLogs: /aws/lambda/{configuration['FunctionName']}\n")
    return body
