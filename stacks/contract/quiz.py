"""The quiz's operations: a recommendation, the endpoint's health, and the document about them all."""

from stacks.contract import faults
from stacks.contract.body import Body, Schema
from stacks.contract.faults import Fault, Refusal
from stacks.contract.operation import Operation

RECOMMEND = "recommend"
HEALTH = "health"
DOCUMENT = "document"
_MYSFIT = {"type": "string", "minLength": 1, "description": "a mysfit's id"}
_EXAMPLE = "2b473002-36f8-4b87-954e-9a377e0ccbec"
_ANOTHER = "a68db521-c031-44c7-b5ef-bfa4c0850e2a"

_ANSWERS = Body(
    name="QuizAnswers",
    schema={
        "type": "object",
        "required": ["entry"],
        "additionalProperties": False,
        "properties": {
            "entry": {
                "type": "array",
                "description": "the quiz's answers in its order",
                "items": {"type": "integer", "minimum": 1, "maximum": 8},
                "minItems": 5,
                "maxItems": 5,
            }
        },
    },
    examples={"answers": {"entry": [1, 2, 3, 4, 5]}},
)


def _listed(description: str, name: str, number: Schema) -> Schema:
    """A list of mysfits, each with a number."""
    item = {
        "type": "object",
        "required": ["mysfit", name],
        "additionalProperties": False,
        "properties": {"mysfit": _MYSFIT, name: number},
    }
    return {"type": "array", "description": description, "items": item, "minItems": 1}


_RECOMMENDATION = Body(
    name="Recommendation",
    schema={
        "type": "object",
        "required": ["recommendedMysfit"],
        "additionalProperties": False,
        "properties": {
            "recommendedMysfit": _MYSFIT,
            "details": {
                "type": "object",
                "description": "how the answer came about, if details=true asks for it",
                "required": ["neighbours", "ranking"],
                "additionalProperties": False,
                "properties": {
                    "neighbours": _listed(
                        "the model's nearest records, the nearest first",
                        "distance",
                        {"type": "number", "minimum": 0},
                    ),
                    "ranking": _listed(
                        "each mysfit's share of the neighbours' votes, the recommended one first",
                        "share",
                        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                    ),
                },
            },
        },
    },
    examples={
        "plain": {"recommendedMysfit": _EXAMPLE},
        "details": {
            "recommendedMysfit": _EXAMPLE,
            "details": {
                "neighbours": [
                    {"mysfit": _EXAMPLE, "distance": 0.0},
                    {"mysfit": _ANOTHER, "distance": 1.0},
                    {"mysfit": _EXAMPLE, "distance": 1.0},
                    {"mysfit": _EXAMPLE, "distance": 2.0},
                ],
                "ranking": [
                    {"mysfit": _EXAMPLE, "share": 0.75},
                    {"mysfit": _ANOTHER, "share": 0.25},
                ],
            },
        },
    },
)
_HEALTH = Body(
    name="Health",
    schema={
        "type": "object",
        "required": ["status"],
        "additionalProperties": False,
        "properties": {
            "status": {
                "type": "string",
                "enum": ["InService", "Updating", "SystemUpdating", "RollingBack"],
                "description": "SageMaker's word for the endpoint's condition",
            }
        },
    },
    examples={"in service": {"status": "InService"}},
)
_DOCUMENT = Body(
    name="Document",
    schema={
        "type": "object",
        "description": "an OpenAPI document",
        "required": ["openapi", "info", "paths"],
    },
    examples={"this": {"openapi": "3.1.0", "info": {"title": "…", "version": "1"}, "paths": {}}},
)
_BAD_ANSWERS = Fault(
    status=400,
    code="InvalidRequest",
    message="entry[1] is 9. "
    'Send {"entry": [1, 2, 3, 4, 5]}: 5 whole numbers from 1 to 8, one for each question.',
)
_DETAILS = {
    "name": "details",
    "in": "query",
    "description": "whether to tell how the answer came about",
    "schema": {"type": "boolean", "default": False},
}
UNKNOWN_LABEL = Fault(
    status=502,
    code="UnknownLabel",
    message="The model recommends a mysfit that the catalogue doesn't hold.",
)


def quiz_operations(always: tuple[Refusal, ...], asking: tuple[Refusal, ...]) -> tuple[Operation, ...]:
    """The operations that every environment has.

    `always` may be answered to any request, `asking` to one that has a model asked.
    """
    return (
        Operation(
            id=RECOMMEND,
            method="POST",
            path="/recommendations",
            summary="Recommend a mysfit for five quiz answers",
            request=_ANSWERS,
            parameters=(_DETAILS,),
            answer=_RECOMMENDATION,
            faults=(
                _BAD_ANSWERS,
                *asking,
                faults.TOO_LARGE,
                faults.OTHER_MEDIA_TYPE,
                faults.INTERNAL,
                faults.MODEL_FAILED,
                faults.UNREADABLE,
                UNKNOWN_LABEL,
                faults.UNAVAILABLE,
                faults.LATE,
            ),
        ),
        Operation(
            id=HEALTH,
            method="GET",
            path="/health",
            summary="Say whether the endpoint behind the recommendations takes requests",
            answer=_HEALTH,
            faults=(*always, faults.INTERNAL, faults.UNAVAILABLE),
        ),
        Operation(
            id=DOCUMENT,
            method="GET",
            path="/openapi.json",
            summary="Describe the API: this document",
            answer=_DOCUMENT,
            faults=(*always, faults.OTHER_MEDIA_TYPE),
        ),
    )
