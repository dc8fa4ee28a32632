"""Ask for a mysfit in the words of the quiz. Uses the standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from library.quiz_fields import ANSWERS, QUESTIONS

_EXPECTED = f"it must be an object with {', '.join(QUESTIONS)}, or a list of their {len(QUESTIONS)} answers"


def encode(document: object, serving: Mapping[str, Any]) -> str:  # noqa: ARG001 # as every workload's
    """Return the request's CSV for a visitor's answers, or those of a list of visitors.

    A visitor is `{"age": 1, "occupation": 2, …}`, or the answers alone in the quiz's order.
    """
    if not _is_list_of_visitors(document):
        return _row(document)
    return "\n".join(
        _numbered_row(number, visitor) for number, visitor in enumerate(_list(document), start=1)
    )


def decode(body: str, document: object, serving: Mapping[str, Any]) -> object:
    """Return the mysfit for each visitor: for a list of visitors a list, else one."""
    asked = len(_list(document)) if _is_list_of_visitors(document) else 1
    mysfits = [_mysfit(line, serving["mysfits"]) for line in body.splitlines() if line.strip()]
    if len(mysfits) != asked:
        raise ValueError(f"the model answered {len(mysfits)} lines, not one for each visitor: {asked}")
    return mysfits if _is_list_of_visitors(document) else mysfits[0]


def interface(parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 # as every workload's
    """Return what `encode` takes and `decode` gives, as JSON Schema with examples."""
    answer = {"type": "integer", "minimum": ANSWERS[0], "maximum": ANSWERS[-1]}
    listed = {"type": "array", "items": answer, "minItems": len(QUESTIONS), "maxItems": len(QUESTIONS)}
    named = {
        "type": "object",
        "required": list(QUESTIONS),
        "additionalProperties": False,
        "properties": dict.fromkeys(QUESTIONS, answer),
    }
    visitors = {"type": "array", "items": {"anyOf": [named, listed]}, "minItems": 1}
    mysfit = {
        "type": "object",
        "required": ["label", "mysfitId", "name", "species"],
        "properties": {
            "label": {"type": "integer"},
            **{name: {"type": "string"} for name in ("mysfitId", "name", "species")},
        },
    }
    return {
        "request": {
            "schema": {"anyOf": [named, listed, visitors]},
            "example": {question: place for place, question in enumerate(QUESTIONS, start=1)},
        },
        "answer": {
            "schema": {"anyOf": [mysfit, {"type": "array", "items": mysfit, "minItems": 1}]},
            "example": {
                "label": 1,
                "mysfitId": "2b473002-36f8-4b87-954e-9a377e0ccbec",
                "name": "Pauly",
                "species": "Cyclops",
            },
        },
    }


def _is_list_of_visitors(document: object) -> bool:
    return isinstance(document, list) and any(isinstance(entry, (list, dict)) for entry in document)


def _list(document: object) -> list[object]:
    return document if isinstance(document, list) else [document]


def _numbered_row(number: int, visitor: object) -> str:
    try:
        return _row(visitor)
    except ValueError as error:
        raise ValueError(f"visitor {number}: {error}") from error


def _row(visitor: object) -> str:
    if isinstance(visitor, dict):
        unknown = [name for name in visitor if name not in QUESTIONS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not a question, {_EXPECTED}")
        answers = [visitor.get(question) for question in QUESTIONS]
    elif isinstance(visitor, list) and len(visitor) == len(QUESTIONS):
        answers = visitor
    else:
        raise ValueError(f"{json.dumps(visitor)[:80]} is not a visitor's answers, {_EXPECTED}")
    return ",".join(_answer(question, answer) for question, answer in zip(QUESTIONS, answers))


def _answer(question: str, answer: object) -> str:
    if isinstance(answer, bool) or not isinstance(answer, (int, float)) or answer not in ANSWERS:
        found = "is missing" if answer is None else f"is {json.dumps(answer)[:80]}"
        raise ValueError(f"{question} {found}, it must be a whole number from {ANSWERS[0]} to {ANSWERS[-1]}")
    return str(int(answer))


def _mysfit(line: str, mysfits: list[dict[str, object]]) -> dict[str, object]:
    try:
        label = json.loads(line)["predicted_label"]
        return next(mysfit for mysfit in mysfits if mysfit["label"] == label)
    except (ValueError, TypeError, KeyError, StopIteration) as error:
        raise ValueError(
            f"the model answered {line[:80]!r}, not a label of the {len(mysfits)} mysfits"
        ) from error
