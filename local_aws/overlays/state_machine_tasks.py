"""Tasks of state machines act as the machine's role, and AWS SDK integrations reach every service.

ministack runs every task with all rights, so a machine whose role lacks a permission works here and fails on
AWS; it has no `s3:getObject`; and it shows a throttled function as an unknown error.

Error names: `Lambda.AWSLambdaException`, `SageMaker.AmazonSageMakerException` and, for SDK integrations, the
service's general exception are what AWS answers to a role without the permission; that of SNS is its model's
`AuthorizationErrorException`. Names of other optimized integrations follow the same pattern and are not
verified.
"""

import contextvars
import json
from typing import Any

from ministack.services import stepfunctions

from local_aws import credentials, enforcement
from local_aws.state_machines import permissions, sdk_integration

HOOKS = (
    *sdk_integration.HOOKS,
    "ministack.services.stepfunctions:_state_machines",
    "ministack.services.stepfunctions:_execute_task",
    "ministack.services.stepfunctions:_invoke_resource",
    "ministack.services.stepfunctions:_invoke_with_callback",
    "ministack.services.stepfunctions:_call_lambda",
    "ministack.services.stepfunctions:_ExecutionError",
)

_DENIED = {
    "lambda": "Lambda.AWSLambdaException",
    "sagemaker": "SageMaker.AmazonSageMakerException",
    "sns": "SNS.AuthorizationErrorException",
    "sqs": "SQS.AmazonSQSException",
    "states": "StepFunctions.AWSStepFunctionsException",
    "events": "EventBridge.AmazonEventBridgeException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
}
# The most a state's input or output may hold, in bytes of UTF-8.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_MAX_PAYLOAD_BYTES = 262_144

_role: contextvars.ContextVar[str] = contextvars.ContextVar("state_machine_role", default="")
_session: contextvars.ContextVar[str] = contextvars.ContextVar("state_machine_session", default="")


def install() -> None:
    """Put this overlay in place."""
    execute_task = stepfunctions._execute_task
    invoke_resource = stepfunctions._invoke_resource
    invoke_with_callback = stepfunctions._invoke_with_callback

    def execute(state: dict[str, Any], raw_input: Any, execution: Any, context: dict[str, Any]) -> Any:
        machine = stepfunctions._state_machines.get((execution or {}).get("stateMachineArn", "")) or {}
        role = _role.set(machine.get("roleArn", ""))
        session = _session.set((execution or {}).get("name", "")[:64])
        try:
            return execute_task(state, raw_input, execution, context)
        finally:
            _role.reset(role)
            _session.reset(session)

    def invoke(resource: str, arguments: Any) -> Any:
        if resource.startswith(sdk_integration.PREFIX):
            result = sdk_integration.call(resource, arguments, _role.get())
        else:
            _require(resource, arguments)
            result = invoke_resource(resource, arguments)
        if len(json.dumps(result).encode()) > _MAX_PAYLOAD_BYTES:
            raise stepfunctions._ExecutionError(
                "States.DataLimitExceeded",
                f"The state/task '{resource}' returned a result with a size exceeding the maximum number "
                "of bytes service limit.",
            )
        return result

    def invoke_and_wait(resource: str, arguments: Any, token: str, state: dict[str, Any]) -> Any:
        _require(resource, arguments)
        return invoke_with_callback(resource, arguments, token, state)

    stepfunctions._execute_task = execute
    stepfunctions._invoke_resource = invoke
    stepfunctions._invoke_with_callback = invoke_and_wait
    _name_throttling()


def _require(resource: str, arguments: Any) -> None:
    """Raise the error that AWS gives the state unless the machine's role may run the task."""
    if ":activity:" in resource:
        return
    try:
        credentials.check_assumable(_role.get(), sdk_integration.SERVICE_PRINCIPAL)
        for need in permissions.task_needs(resource, arguments):
            enforcement.require(
                _role.get(), need.action, need.resource, need.context, session_name=_session.get()
            )
    except (enforcement.AccessDenied, credentials.RoleNotAssumable) as error:
        service = (
            "lambda" if ":function:" in resource else resource.removeprefix("arn:aws:states:::").split(":")[0]
        )
        raise stepfunctions._ExecutionError(_DENIED.get(service, "States.TaskFailed"), str(error)) from error


def _name_throttling() -> None:
    call_lambda = stepfunctions._call_lambda

    def call(function_reference: str, event: Any) -> Any:
        try:
            return call_lambda(function_reference, event)
        except stepfunctions._ExecutionError as error:
            if error.error == "Lambda.Unknown" and "TooManyRequestsException" in str(error.cause):
                raise stepfunctions._ExecutionError("Lambda.TooManyRequestsException", error.cause) from error
            raise

    stepfunctions._call_lambda = call
