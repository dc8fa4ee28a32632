"""Ask whether clients will subscribe, in the words of the bank. Uses the standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library import binary_answers
from library.bank_fields import ECONOMY_EXAMPLE, EXAMPLE, LABEL, NOT_SUBSCRIBED, SUBSCRIBED, encoder_of

_WORDS: Any = {"probability": LABEL, "outcomes": (NOT_SUBSCRIBED, SUBSCRIBED)}


def encode(document: object, serving: Mapping[str, Any]) -> str:
    """Return the request's CSV for a call, such as `{"age": 30, "job": "admin.", …}`, or a list of them."""
    return binary_answers.encode(document, serving)


def decode(body: str, document: object, serving: Mapping[str, Any]) -> object:
    """Return each client's probability of subscribing, and the prediction."""
    return binary_answers.decode(body, document, serving, **_WORDS)


def interface(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `encode` takes and `decode` gives, as JSON Schema with examples.

    `parameters` are those of `prepare.py`.
    """
    keep = parameters.get("keep_economic_columns") == "true"
    example = {**EXAMPLE, **(ECONOMY_EXAMPLE if keep else {})}
    return binary_answers.interface(
        encoder_of(keep_economic_columns=keep), **_WORDS, example=example, likely=0.083
    )
