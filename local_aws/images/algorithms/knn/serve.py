"""k-NN serving: the formats of SageMaker's k-NN container, read and written a batch at a time.

https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html
"""

import threading

import numpy as np
import orjson

from local_aws.images.algorithms.knn.index import KnnModel, Neighbours
from local_aws.images.algorithms.requests import accepted_type, read_rows
from local_aws.images.toolkit.serving import Request, Response, model_folder, serve

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
        rows = read_rows(request, self._model.settings.feature_dim)
        with self._lock:
            neighbours = self._model.search(rows)
        return Response(200, _encode(neighbours, kind, verbose), kind)


def _negotiate(accept: str) -> tuple[str, bool]:
    """The answer's media type and whether it is verbose."""
    kind, parameters = accepted_type(accept)
    return kind, parameters.get("verbose", "false").lower() == "true"


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
