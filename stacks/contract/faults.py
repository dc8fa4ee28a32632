"""What goes wrong with a request, and the one form in which the API says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.contract.body import Body

_ERROR = {
    "type": "object",
    "description": "What was wrong, and what would be right.",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string", "description": "the fault's name, for programs"},
                "message": {"type": "string", "description": "what was wrong, for people"},
            },
        }
    },
}
LATER = "Retry-After"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault's status, name and text. `retried` ones say in a header after how many seconds to try again."""

    status: int
    code: str
    message: str
    retried: bool = False

    @property
    def document(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": {"code": self.code, "message": self.message}}


@dataclass(frozen=True, kw_only=True)
class Refusal(Fault):
    """A fault that API Gateway itself answers; `kind` is the type of its gateway response.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """

    kind: str


TOO_LARGE = Refusal(
    kind="REQUEST_TOO_LARGE",
    status=413,
    code="RequestTooLarge",
    message="the body is larger than the API takes",
)
THROTTLED = Refusal(
    kind="THROTTLED", status=429, code="TooManyRequests", message="too many requests; try again later"
)
OTHER_MEDIA_TYPE = Refusal(
    kind="UNSUPPORTED_MEDIA_TYPE",
    status=415,
    code="UnsupportedMediaType",
    message="the body must be application/json",
)
FIREWALLED = Refusal(
    kind="WAF_FILTERED", status=403, code="Forbidden", message="the firewall lets no such request through"
)

NO_KEY = Refusal(
    kind="INVALID_API_KEY",
    status=403,
    code="ApiKeyNeeded",
    message="send the header x-api-key with a key of this API",
)
USED_UP = Refusal(
    kind="QUOTA_EXCEEDED",
    status=429,
    code="QuotaExceeded",
    message="the key has been used as often as it may be this month",
)

INTERNAL = Fault(
    status=500, code="InternalError", message="Something went wrong on our side. Request id: 1-2-3."
)
MODEL_FAILED = Fault(status=502, code="ModelFailed", message="The model couldn't make a prediction.")
UNREADABLE = Fault(status=502, code="UnreadablePrediction", message="The model's answer can't be read.")
UNAVAILABLE = Fault(
    status=503,
    code="EndpointUnavailable",
    message="The model isn't available right now. Please try again later.",
    retried=True,
)
LATE = Fault(status=504, code="EndpointTimeout", message="The model didn't answer in time. Please try again.")


def answers(faults: Iterable[Fault]) -> Mapping[int, tuple[Fault, ...]]:
    """The faults by status, the lowest first."""
    by_status: dict[int, tuple[Fault, ...]] = {}
    for fault in sorted(faults, key=lambda fault: fault.status):
        by_status[fault.status] = (*by_status.get(fault.status, ()), fault)
    return by_status


def body(faults: Iterable[Fault]) -> Body:
    """The body of an answer that tells one of these faults."""
    return Body(name="Error", schema=_ERROR, examples={fault.code: fault.document for fault in faults})
