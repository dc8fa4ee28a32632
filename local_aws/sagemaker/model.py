"""botocore's own models of SageMaker and its runtime: the shapes of every request and answer."""

import functools
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape


@functools.cache
def service_model() -> ServiceModel:
    """SageMaker's control plane."""
    return botocore.session.get_session().get_service_model("sagemaker")


def operation(name: str) -> OperationModel:
    """The model of an operation, such as `CreateTrainingJob`."""
    return service_model().operation_model(name)


def answer(operation_name: str, record: dict[str, Any]) -> dict[str, Any]:
    """What an operation answers with: those fields of a record that its output has."""
    return _fields(record, operation(operation_name).output_shape)


def summary(operation_name: str, member: str, record: dict[str, Any]) -> dict[str, Any]:
    """One entry of a list operation's answer: those fields of a record that the entry has."""
    return _fields(record, operation(operation_name).output_shape.members[member].member)


def timestamps(operation_name: str) -> "TimestampPaths":
    """Where an operation's answer holds points in time."""
    return TimestampPaths(operation(operation_name).output_shape)


class TimestampPaths:
    """Rewrites the points in time of an answer, which are epoch seconds on the wire."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def rewrite(self, value: Any, how: Any) -> Any:
        """A copy of `value` with `how(seconds)` in place of every timestamp."""
        return _rewrite(value, self._shape, how)


def _fields(record: dict[str, Any], shape: StructureShape) -> dict[str, Any]:
    return {name: record[name] for name in shape.members if record.get(name) is not None}


def _rewrite(value: Any, shape: Shape, how: Any) -> Any:
    if shape.type_name == "timestamp":
        return how(value)
    if shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            name: _rewrite(part, members[name], how) if name in members else part
            for name, part in value.items()
        }
    if shape.type_name == "list":
        return [_rewrite(part, shape.member, how) for part in value]
    return value
