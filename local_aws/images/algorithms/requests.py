"""Rows of numbers from an invocation, and the form of its answer, as the numeric built-in algorithms have it.

https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
"""

from typing import Any

import numpy as np
import orjson

from local_aws.images.algorithms.rows import MalformedRowError, Matrix, parse_csv
from local_aws.images.toolkit.errors import RequestError
from local_aws.images.toolkit.serving import Request, media_type

_CONTENT_TYPES = ("text/csv", "application/json", "application/jsonlines")
_ACCEPTED = ("application/json", "application/jsonlines")


def accepted_type(accept: str) -> tuple[str, dict[str, str]]:
    """The answer's media type and the parameters that the caller gave with it.

    Raises:
        RequestError: 406, the caller takes neither JSON nor JSON lines.
    """
    for wanted in accept.split(",") if accept else ["*/*"]:
        kind, parameters = media_type(wanted)
        if kind in ("*/*", "application/*"):
            return "application/json", parameters
        if kind in _ACCEPTED:
            return kind, parameters
    raise RequestError(406, f"Accept type '{accept}' is not supported. Supported: {', '.join(_ACCEPTED)}.")


def read_rows(request: Request, width: int) -> Matrix:
    """The request's rows, each of `width` numbers.

    Raises:
        RequestError: 415, the body is of no supported type; 400, it holds no such rows.
    """
    kind, parameters = media_type(request.content_type)
    if kind == "text/csv":
        return _csv_rows(request.body, width, int(parameters.get("label_size", "0")))
    if kind == "application/json":
        return _json_rows(_instances(request.body), width)
    if kind == "application/jsonlines":
        return _json_rows([_parse_json(line) for line in request.body.splitlines() if line.strip()], width)
    supported = ", ".join(_CONTENT_TYPES)
    raise RequestError(
        415, f"Content type '{request.content_type}' is not supported. Supported: {supported}."
    )


def _csv_rows(body: bytes, width: int, label_size: int) -> Matrix:
    try:
        return parse_csv(body, width + label_size)[:, label_size:]
    except MalformedRowError as error:
        raise RequestError(400, f"unable to evaluate payload provided: {error}") from None


def _json_rows(instances: list[Any], width: int) -> Matrix:
    try:
        rows = np.array([_features(instance) for instance in instances], np.float32)
    except (KeyError, TypeError, ValueError):
        raise RequestError(
            400,
            "unable to evaluate payload provided: each instance must be "
            f'{{"features": [{width} numbers]}} or {{"data": {{"features": {{"values": [...]}}}}}}',
        ) from None
    if rows.ndim != 2 or rows.shape[1] != width or not np.isfinite(rows).all():
        raise RequestError(
            400, f"unable to evaluate payload provided: each instance must have {width} numbers"
        )
    return rows


def _parse_json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError(400, f"unable to evaluate payload provided: not JSON: {error}") from None


def _instances(body: bytes) -> list[Any]:
    document = _parse_json(body)
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list):
        raise RequestError(400, 'unable to evaluate payload provided: expected {"instances": [...]}')
    return instances


def _features(instance: dict[str, Any]) -> list[float]:
    values = instance["features"] if "features" in instance else instance["data"]["features"]["values"]
    if not all(type(value) in (int, float) for value in values):
        raise TypeError
    return list(values)
