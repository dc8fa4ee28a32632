"""Rows from the body of an invocation.

AWS documents CSV, libsvm and recordio-protobuf. JSON is read in the form its other algorithms take.
"""

import json
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse

from local_aws.images.algorithms.rows import MalformedRowError, Matrix, parse_csv
from local_aws.images.algorithms.xgboost.libsvm import parse_libsvm
from local_aws.images.toolkit.errors import RequestError
from local_aws.images.toolkit.serving import media_type

_SUPPORTED = ("text/csv", "text/libsvm", "text/x-libsvm", "application/json", "application/jsonlines")
_REFUSED = "Unable to evaluate payload provided: "


def decode(body: bytes, content_type: str, width: int) -> Matrix | csr_matrix:
    """The rows of a body, each of `width` features; raises RequestError as `decode_any` does."""
    rows = decode_any(body, content_type)
    fits = rows.shape[1] <= width if issparse(rows) else rows.shape[1] == width
    if not fits:
        raise RequestError(400, f"{_REFUSED}rows have {rows.shape[1]} features, but the model has {width}.")
    return rows


def decode_any(body: bytes, content_type: str) -> Matrix | csr_matrix:
    """The rows of a body.

    Raises:
        RequestError: 415 for another type, 400 for what is not as the type says.
    """
    kind = media_type(content_type or "text/csv")[0]
    if kind not in _SUPPORTED:
        supported = ", ".join(_SUPPORTED)
        raise RequestError(415, f"Content type '{content_type}' is not supported. Supported: {supported}.")
    try:
        return _rows(body, kind)
    except MalformedRowError as error:
        raise RequestError(400, f"{_REFUSED}{error}") from None


def _rows(body: bytes, kind: str) -> Matrix | csr_matrix:
    if kind == "text/csv":
        return parse_csv(body, with_gaps=True)
    if kind.endswith("libsvm"):
        return parse_libsvm(body).features
    if kind == "application/json":
        return _matrix(_instances(_parsed(body)))
    return _matrix([_parsed(line) for line in body.splitlines() if line.strip()])


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise RequestError(400, f"{_REFUSED}not JSON: {error}") from None


def _instances(document: Any) -> list[Any]:
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list) or not instances:
        raise RequestError(400, f'{_REFUSED}expected {{"instances": [{{"features": […]}}, …]}}')
    return instances


def _matrix(instances: list[Any]) -> Matrix:
    try:
        rows = np.array([_features(instance) for instance in instances], np.float32)
    except (KeyError, TypeError, ValueError):
        rows = np.empty(0, np.float32)
    if rows.ndim != 2 or np.isinf(rows).any():
        raise RequestError(
            400, f'{_REFUSED}each instance must be {{"features": […]}}, with as many numbers as the others'
        )
    return rows


def _features(instance: dict[str, Any]) -> list[float]:
    values = instance["features"] if "features" in instance else instance["data"]["features"]["values"]
    if not all(type(value) in (int, float, type(None)) for value in values):
        raise TypeError
    return [float("nan") if value is None else value for value in values]
