"""AWS SDK integrations (`arn:aws:states:::aws-sdk:service:operation`): the call itself, over HTTP, as the
role.

ministack calls its services in-process, knows only some operations, and asks nobody for permission. A call by
boto3 with the role's credentials is checked, validated and answered as any other caller's.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import base64
import datetime as dt
import functools
import json
from typing import Any

import botocore.exceptions
import botocore.session
from ministack.services import stepfunctions

from local_aws import clients, credentials

HOOKS = ("ministack.services.stepfunctions:_ExecutionError",)

PREFIX = "arn:aws:states:::aws-sdk:"
SERVICE_PRINCIPAL = "states.amazonaws.com"

# Where the integration's name is not botocore's without its dashes.
_BOTOCORE_NAMES = {
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}
# Names of error classes start with the service's name as the AWS SDK for Java writes it.
_ERROR_PREFIXES = {
    "applicationautoscaling": "ApplicationAutoScaling",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge",
    "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMakerRuntime",
    "secretsmanager": "SecretsManager",
}


def call(resource: str, arguments: Any, role_arn: str) -> Any:
    """Perform the integration `resource` and return what Step Functions gives the state as its result.

    Raises ministack's `_ExecutionError` with the error name a Catch sees: `S3.NoSuchKeyException` for an
    error that the service's model declares, `S3.S3Exception` for any other, such as a missing permission.
    """
    service, operation = resource.removeprefix(PREFIX).split(":")[:2]
    try:
        credentials.check_assumable(role_arn, SERVICE_PRINCIPAL)
        client = _client(service, role_arn)
    except credentials.RoleNotAssumable as error:
        raise stepfunctions._ExecutionError("States.Runtime", str(error)) from error
    model = client.meta.service_model
    name = _operation_name(model, operation)
    parameters = _matched(arguments or {}, model.operation_model(name).input_shape)
    method = getattr(client, _method_names(client)[name])
    try:
        response = method(**parameters)
    except client.exceptions.ClientError as error:
        raise _failure(service, model, name, error) from error
    except (botocore.exceptions.ParamValidationError, TypeError) as error:
        raise stepfunctions._ExecutionError("States.Runtime", str(error)) from error
    response.pop("ResponseMetadata", None)
    return _plain(response, model.operation_model(name).output_shape)


@functools.lru_cache(maxsize=64)
def _client(service: str, role_arn: str) -> Any:
    return clients.client(_botocore_name(service), role_arn, "StepFunctions", SERVICE_PRINCIPAL)


@functools.lru_cache(maxsize=1)
def _services() -> dict[str, str]:
    names = botocore.session.get_session().get_available_services()
    return {name.replace("-", ""): name for name in names}


def _botocore_name(service: str) -> str:
    name = _BOTOCORE_NAMES.get(service) or _services().get(service)
    if name is None:
        raise stepfunctions._ExecutionError(
            "States.Runtime", f"there is no AWS SDK integration for '{service}'"
        )
    return name


def _method_names(client: Any) -> dict[str, str]:
    return {operation: method for method, operation in client.meta.method_to_api_mapping.items()}


def _operation_name(model: Any, operation: str) -> str:
    wanted = operation.lower()
    for name in model.operation_names:
        if name.lower() == wanted:
            return str(name)
    raise stepfunctions._ExecutionError(
        "States.Runtime", f"{model.service_name} has no operation '{operation}'"
    )


def _matched(value: Any, shape: Any) -> Any:
    """`value` with its member names as the service's model writes them (`SsekmsKeyId` is `SSEKMSKeyId`)."""
    if shape is None or value is None:
        return value
    if (
        shape.type_name == "structure"
        and isinstance(value, dict)
        and not getattr(shape, "is_document_type", False)
    ):
        members = {name.lower(): name for name in shape.members}
        matched = {}
        for given, item in value.items():
            name = members.get(given.lower(), given)
            matched[name] = _matched(item, shape.members.get(name))
        return matched
    if shape.type_name == "list" and isinstance(value, list):
        return [_matched(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _matched(item, shape.value) for key, item in value.items()}
    if shape.type_name == "blob" and not isinstance(value, (bytes, str)):
        return json.dumps(value)
    return value


def _plain(value: Any, shape: Any = None) -> Any:
    """A response as JSON: bodies as text, times as ISO 8601, a structure's members in Pascal case.

    That holds for every service, also where its API writes `executions`; the keys of a map stay as they are.
    """
    kind = shape.type_name if shape is not None else None
    if isinstance(value, dict):
        members = shape.members if kind == "structure" else {}
        of_map = shape.value if kind == "map" else None
        return {
            key[:1].upper() + key[1:] if key in members else key: _plain(item, members.get(key, of_map))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_plain(item, shape.member if kind == "list" else None) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if hasattr(value, "read"):
        return _text(value.read())
    return _text(value) if isinstance(value, bytes) else value


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def _failure(service: str, model: Any, operation: str, error: Any) -> Exception:
    code = error.response["Error"]["Code"]
    prefix = _ERROR_PREFIXES.get(service, service.capitalize())
    declared = {shape.error_code or shape.name for shape in model.operation_model(operation).error_shapes}
    declared |= {shape.name for shape in model.operation_model(operation).error_shapes}
    name = f"{code.removesuffix('Exception')}Exception" if code in declared else f"{prefix}Exception"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    cause = f"{error.response['Error'].get('Message', '')} (Service: {prefix}, Status Code: {status})"
    failure: Exception = stepfunctions._ExecutionError(f"{prefix}.{name}", cause)
    return failure
