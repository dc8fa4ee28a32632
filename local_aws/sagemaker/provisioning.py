"""What the handlers of SageMaker's CloudFormation types share: properties become a request, tags change."""

from typing import Any

from botocore.model import Shape

from local_aws import cloudformation
from local_aws.sagemaker import model, operations, tags
from local_aws.sagemaker.errors import ServiceError

Properties = dict[str, Any]


def call(operation: str, properties: Properties) -> Properties:
    """Call an operation with those properties that it takes; raises ValueError with CloudFormation's text."""
    accepted = model.operation(operation).input_shape
    params = {name: value for name, value in properties.items() if name in accepted.members}
    try:
        return operations.call(operation, _typed(params, accepted))
    except ServiceError as error:
        raise ValueError(
            f'Resource handler returned message: "{error.message} (Service: SageMaker, Status Code: '
            f'{error.status})" (HandlerErrorCode: GeneralServiceException)'
        ) from None


def replace_tags(arn: str, old: Properties, new: Properties) -> None:
    """Give a resource the tags of its new properties instead of those of its old ones."""
    dropped = {tag["Key"] for tag in old.get("Tags", [])} - {tag["Key"] for tag in new.get("Tags", [])}
    tags.delete_tags({"ResourceArn": arn, "TagKeys": sorted(dropped)})
    if new.get("Tags"):
        tags.add_tags({"ResourceArn": arn, "Tags": new["Tags"]})


def without_tags(properties: Properties) -> Properties:
    """The properties that aren't tags."""
    return {name: value for name, value in properties.items() if name != "Tags"}


def _typed(value: Any, shape: Shape) -> Any:
    """The value with the types of the API: templates may write numbers and booleans as text."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            name: _typed(part, members[name]) if name in members else part for name, part in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_typed(part, shape.member) for part in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _typed(part, shape.value) for name, part in value.items()}
    return _typed_scalar(value, shape)


def _typed_scalar(value: Any, shape: Shape) -> Any:
    try:
        if shape.type_name == "boolean":
            return cloudformation.is_true(value)
        if shape.type_name in ("integer", "long"):
            return int(value)
        if shape.type_name in ("float", "double"):
            return float(value)
    except (TypeError, ValueError):
        return value
    return str(value) if shape.type_name == "string" and isinstance(value, int | float) else value
