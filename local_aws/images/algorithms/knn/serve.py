"""k-NN serving: the formats of SageMaker's k-NN container, read and written a batch at a time.

https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html
"""

import threading
from typing import Any

import numpy as np
import orjson

from local_aws.images.algorithms.knn.index import KnnModel, Neighbours
from local_aws.images.algorithms.knn.rows import MalformedRowError, Matrix, parse_csv
from local_aws.images.toolkit.errors import RequestError
from local_aws.images.toolkit.serving import Request, Response, media_type, model_folder, serve

_CONTENT_TYPES = ("text/csv", "application/json", "application/jsonlines")
_ACCEPTED = ("application/json", "application/jsonlines")


class KnnServer:
    """Answers invocations with a trained model."""

    def __init__(self, model: KnnModel) -> None:
        self._model = model
        # faiss uses all cores for one batch; batches at once would only compete for them.
        self._lock = threading.Lock()

    def invoke(self, request: Request) -> Response:
        """Predict the labels of the request's rows."""
        kind, verbose = _negotiate(request.accept)
        if not request.body.strip():
            return Response(204)
        rows = self._rows(request)
        with self._lock:
            neighbours = self._model.search(rows)
        return Response(200, _encode(neighbours, kind, verbose), kind)

    def _rows(self, request: Request) -> Matrix:
        kind, parameters = media_type(request.content_type)
        if kind == "text/csv":
            return self._csv_rows(request.body, int(parameters.get("label_size", "0")))
        if kind == "application/json":
            return self._json_rows(_instances(request.body))
        if kind == "application/jsonlines":
            return self._json_rows([_parse_json(line) for line in request.body.splitlines() if line.strip()])
        supported = ", ".join(_CONTENT_TYPES)
        raise RequestError(
            415, f"Content type '{request.content_type}' is not supported. Supported: {supported}."
        )

    def _csv_rows(self, body: bytes, label_size: int) -> Matrix:
        try:
            return parse_csv(body, self._model.settings.feature_dim + label_size)[:, label_size:]
        except MalformedRowError as error:
            raise RequestError(400, f"unable to evaluate payload provided: {error}") from None

    def _json_rows(self, instances: list[Any]) -> Matrix:
        width = self._model.settings.feature_dim
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


def _negotiate(accept: str) -> tuple[str, bool]:
    """The answer's media type and whether it is verbose."""
    for wanted in accept.split(",") if accept else ["*/*"]:
        kind, parameters = media_type(wanted)
        verbose = parameters.get("verbose", "false").lower() == "true"
        if kind in ("*/*", "application/*"):
            return "application/json", verbose
        if kind in _ACCEPTED:
            return kind, verbose
    raise RequestError(406, f"Accept type '{accept}' is not supported. Supported: {', '.join(_ACCEPTED)}.")


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


def _encode(neighbours: Neighbours, kind: str, verbose: bool) -> bytes:
    records = _verbose_records(neighbours) if verbose else _records(neighbours)
    if kind == "application/jsonlines":
        return b"\n".join(records) + b"\n"
    return b'{"predictions":[' + b",".join(records) + b"]}"


def _records(neighbours: Neighbours) -> list[bytes]:
    # Few distinct labels: each one's text is made once.
    distinct, positions = np.unique(neighbours.predicted, return_inverse=True)
    texts = [b'{"predicted_label":%s}' % repr(value).encode() for value in distinct.tolist()]
    return [texts[position] for position in positions.tolist()]


def _verbose_records(neighbours: Neighbours) -> list[bytes]:
    rows = zip(
        neighbours.predicted.tolist(), neighbours.distances.tolist(), neighbours.labels.tolist(), strict=True
    )
    return [
        orjson.dumps({"predicted_label": predicted, "distances": distances, "labels": labels})
        for predicted, distances, labels in rows
    ]


if __name__ == "__main__":
    serve(KnnServer(KnnModel.load(model_folder())))
