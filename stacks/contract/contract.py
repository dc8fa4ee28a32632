"""All that an environment's API has: its operations, and what the gateway refuses for them."""

from dataclasses import dataclass
from typing import Any

from settings.environment import Environment
from stacks.contract import faults
from stacks.contract.document import openapi
from stacks.contract.faults import Refusal
from stacks.contract.operation import Operation
from stacks.contract.quiz import quiz_operations

_QUIZ_SHAPE = "the body must be a JSON object with 'entry', a list of five whole numbers from 1 to 8"


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


def contract_of(environment: Environment) -> Contract:
    """The contract of the environment's API."""
    always = (faults.THROTTLED, *((faults.FIREWALLED,) if environment.api.waf else ()))
    operations = quiz_operations(always)
    return Contract(operations, (_other_shape(), _not_found(operations), *_ALWAYS_REFUSED, *always))


_ALWAYS_REFUSED = (faults.TOO_LARGE, faults.OTHER_MEDIA_TYPE)


def _other_shape() -> Refusal:
    return Refusal(kind="BAD_REQUEST_BODY", status=400, code="InvalidRequest", message=_QUIZ_SHAPE)


def _not_found(operations: tuple[Operation, ...]) -> Refusal:
    """What API Gateway by itself calls a missing authentication token, with the status 403."""
    known = ", ".join(f"{one.method} {one.path}" for one in operations)
    return Refusal(
        kind="MISSING_AUTHENTICATION_TOKEN", status=404, code="NotFound", message=f"there are only {known}"
    )
