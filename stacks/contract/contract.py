"""All that an environment's API has: its operations, and what the gateway refuses for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from settings.environment import Environment
from settings.workload import Workload
from stacks.contract import faults
from stacks.contract.document import openapi
from stacks.contract.faults import Refusal
from stacks.contract.operation import Operation
from stacks.contract.predictions import prediction_operation
from stacks.contract.quiz import quiz_operations

_QUIZ_SHAPE = "the body must be a JSON object with 'entry', a list of five whole numbers from 1 to 8"

_OTHER_SHAPES = "for /predictions an object or a list as GET /openapi.json describes it"


@dataclass(frozen=True)
class Contract:
    """The API's operations, and the answers that API Gateway itself gives."""

    operations: tuple[Operation, ...]
    refusals: tuple[Refusal, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return openapi(self.operations)

    def operation(self, name: str) -> Operation:
        """The operation with this id."""
        return next(one for one in self.operations if one.id == name)


def contract_of(environment: Environment, predicted: Sequence[Workload]) -> Contract:
    """The contract of the environment's API; `predicted` are the workloads that it predicts with."""
    always = (faults.THROTTLED, *((faults.FIREWALLED,) if environment.api.waf else ()))
    asking = (*always, *((faults.NO_KEY, faults.USED_UP) if environment.api.keys else ()))
    predictions = (prediction_operation(workload, asking) for workload in predicted)
    operations = (*quiz_operations(always, asking), *predictions)
    return Contract(
        operations,
        (_other_shape(predicted), _not_found(operations), *_ALWAYS_REFUSED, *asking),
    )


_ALWAYS_REFUSED = (faults.TOO_LARGE, faults.OTHER_MEDIA_TYPE)


def _other_shape(predicted: Sequence[Workload]) -> Refusal:
    message = f"{_QUIZ_SHAPE}, for /recommendations; {_OTHER_SHAPES}" if predicted else _QUIZ_SHAPE
    return Refusal(kind="BAD_REQUEST_BODY", status=400, code="InvalidRequest", message=message)


def _not_found(operations: tuple[Operation, ...]) -> Refusal:
    """What API Gateway by itself calls a missing authentication token, with the status 403."""
    known = ", ".join(f"{one.method} {one.path}" for one in operations)
    return Refusal(
        kind="MISSING_AUTHENTICATION_TOKEN", status=404, code="NotFound", message=f"there are only {known}"
    )
