"""Predictions as the caller wants them: the score, or what $SAGEMAKER_INFERENCE_OUTPUT selects.

https://docs.aws.amazon.com/sagemaker/latest/dg/algorithms-model-output.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from local_aws.images.algorithms.rows import Matrix
from local_aws.images.algorithms.xgboost.metrics import labels_of
from local_aws.images.toolkit.errors import RequestError
from local_aws.images.toolkit.serving import media_type

_ACCEPTED = ("text/csv", "application/json", "application/jsonlines")
_LABELS = ("predicted_label", "labels", "raw_score", "raw_scores")
_ALL = (*_LABELS, "probability", "probabilities")
_SELECTABLE: Mapping[str, tuple[str, ...]] = {
    "binary:logistic": _ALL,
    "binary:logitraw": _LABELS,
    "binary:hinge": _LABELS,
    "multi:softmax": ("predicted_label",),
    "multi:softprob": _ALL,
}
_NOT_SELECTABLE = "nan"


def negotiate(accept: str) -> str:
    """The answer's media type.

    Raises:
        RequestError: 406, as none of the accepted types can be given.
    """
    for wanted in accept.split(",") if accept else ["*/*"]:
        kind = media_type(wanted)[0]
        if kind in ("*/*", "text/*"):
            return "text/csv"
        if kind in _ACCEPTED:
            return kind
    raise RequestError(406, f"Accept type '{accept}' is not supported. Supported: {', '.join(_ACCEPTED)}.")


def encode(predictions: Matrix, kind: str, objective: str, selected: Sequence[str]) -> bytes:
    """The answer's body: a line or an object for each prediction."""
    if kind == "text/csv" and not selected:
        return "\n".join(map(str, predictions.tolist())).encode() + b"\n"
    records = _selection(predictions, objective, selected) if selected else _scores(predictions)
    if kind == "text/csv":
        return "".join(",".join(map(_field, record.values())) + "\n" for record in records).encode()
    if kind == "application/jsonlines":
        return "".join(_json(record) + "\n" for record in records).encode()
    return _json({"predictions": records}).encode()


def _scores(predictions: Matrix) -> list[dict[str, Any]]:
    return [{"score": score} for score in predictions.tolist()]


def _selection(predictions: Matrix, objective: str, selected: Sequence[str]) -> list[dict[str, Any]]:
    columns = {name: _column(name, predictions, objective) for name in selected}
    return [{name: values[row] for name, values in columns.items()} for row in range(predictions.shape[0])]


def _column(name: str, predictions: Matrix, objective: str) -> list[Any]:
    count = predictions.shape[0]
    if name == "predicted_score" and objective not in _SELECTABLE:
        return list(predictions.tolist())
    if name not in _SELECTABLE.get(objective, ()):
        return [_NOT_SELECTABLE] * count
    if name == "predicted_label":
        return [int(label) for label in labels_of(predictions, objective)]
    classes = predictions.shape[1] if predictions.ndim == 2 else 2
    if name == "labels":
        return [list(range(classes))] * count
    return _strengths(name, predictions)


def _strengths(name: str, predictions: Matrix) -> list[Any]:
    """How sure the model is of the likelier class, or (in the plural) of each."""
    if name in ("raw_score", "probability"):
        strongest = predictions.max(axis=1) if predictions.ndim == 2 else predictions
        return list(strongest.tolist())
    each = predictions if predictions.ndim == 2 else np.column_stack([1.0 - predictions, predictions])
    return list(each.tolist())


def _field(value: Any) -> str:
    return f'"{value}"' if isinstance(value, list) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
