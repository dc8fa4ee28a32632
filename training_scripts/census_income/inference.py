"""Ask whether people earn over $50K a year, in the words of the census. Uses the standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library import binary_answers
from library.adult_fields import ENCODER, EXAMPLE, LABEL, OVER_50K, UP_TO_50K

_WORDS: Any = {"probability": LABEL, "outcomes": (UP_TO_50K, OVER_50K)}


def encode(document: object, serving: Mapping[str, Any]) -> str:
    """Return the request's CSV for a person, such as `{"age": 39, "sex": "Male", …}`, or a list of them."""
    return binary_answers.encode(document, serving)


def decode(body: str, document: object, serving: Mapping[str, Any]) -> object:
    """Return each person's probability of an income over $50K, and the prediction."""
    return binary_answers.decode(body, document, serving, **_WORDS)


def interface(parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 # as every workload's
    """Return what `encode` takes and `decode` gives, as JSON Schema with examples."""
    return binary_answers.interface(ENCODER, **_WORDS, example=EXAMPLE, likely=0.0127)
