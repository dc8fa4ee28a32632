"""Ask whether clients will subscribe, in the words of the bank. Uses the standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library import binary_answers
from library.bank_fields import LABEL, NOT_SUBSCRIBED, SUBSCRIBED


def encode(document: object, serving: Mapping[str, Any]) -> str:
    """Return the request's CSV for a call, such as `{"age": 30, "job": "admin.", …}`, or a list of them."""
    return binary_answers.encode(document, serving)


def decode(body: str, document: object, serving: Mapping[str, Any]) -> object:
    """Return each client's probability of subscribing, and the prediction."""
    return binary_answers.decode(
        body, document, serving, probability=LABEL, outcomes=(NOT_SUBSCRIBED, SUBSCRIBED)
    )
