"""A workload's own language: its inference.py, which the asset holds in `workloads/<workload>/`."""

import importlib
from collections.abc import Mapping
from typing import Any

from http_api.faults import InvalidRequest, UnreadablePrediction


class Language:
    """Turns documents into requests, and answers into documents."""

    def __init__(self, workload: str) -> None:
        self._script = importlib.import_module(f"workloads.{workload}.inference")

    def encode(self, document: object, serving: Mapping[str, Any]) -> bytes:
        """The request's body; raises `InvalidRequest`, which names the field and what is allowed in it."""
        try:
            return str(self._script.encode(document, serving)).encode()
        except ValueError as error:
            raise InvalidRequest(str(error)) from error

    def decode(self, answer: bytes, document: object, serving: Mapping[str, Any]) -> object:
        """The answer to the document; raises `UnreadablePrediction`."""
        try:
            decoded: object = self._script.decode(answer.decode(), document, serving)
        except (ValueError, TypeError, LookupError) as error:
            raise UnreadablePrediction(
                "The model's answer can't be read.", detail=type(error).__name__
            ) from error
        return decoded
