"""Turns what a model of two outcomes answers into words. Uses the standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library.encoding import Encoder

CUTOFF = 0.5


def encode(document: object, serving: Mapping[str, Any]) -> str:
    """Return the CSV that asks the model about one record or a list of them, or raise ValueError.

    `serving` holds the encoder, by itself or under `encoder`.
    """
    return Encoder.from_document(serving.get("encoder", serving)).rows(document)


def decode(
    body: str, document: object, serving: Mapping[str, Any], *, probability: str, outcomes: tuple[str, str]
) -> object:
    """Return the model's answer in words: for a list of records a list, else one answer.

    Args:
        body: what the model answered: a probability a line.
        document: what was asked.
        serving: may hold a `cutoff`, the least probability at which the second outcome is predicted.
        probability: what to call the probability of the second outcome.
        outcomes: what to predict below the cutoff, and from it on.

    Raises:
        ValueError: the model answered something else than a probability a record.
    """
    asked = len(document) if isinstance(document, list) else 1
    probabilities = [_probability(text) for text in body.split()]
    if len(probabilities) != asked:
        raise ValueError(f"the model answered {len(probabilities)} lines, not one for each record: {asked}")
    cutoff = float(serving.get("cutoff", CUTOFF))
    answers = [{probability: p, "prediction": outcomes[p >= cutoff]} for p in probabilities]
    return answers if isinstance(document, list) else answers[0]


def interface(
    encoder: Encoder,
    *,
    probability: str,
    outcomes: tuple[str, str],
    example: Mapping[str, Any],
    likely: float,
) -> dict[str, Any]:
    """Return what `encode` takes and `decode` gives, as JSON Schema, with the example of a record.

    `likely` is the probability in the example of an answer.
    """
    answer = {
        "type": "object",
        "required": [probability, "prediction"],
        "additionalProperties": False,
        "properties": {
            probability: {"type": "number", "minimum": 0, "maximum": 1},
            "prediction": {"type": "string", "enum": list(outcomes)},
        },
    }
    return {
        "request": {"schema": one_or_more(encoder.schema), "example": example},
        "answer": {
            "schema": one_or_more(answer),
            "example": {probability: likely, "prediction": outcomes[likely >= CUTOFF]},
        },
    }


def one_or_more(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of one such value, or of a list of them."""
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError(f"the model answered {text!r}, not a probability from 0 to 1")
    return value
