"""RCF serving: a score for each row, in the formats of SageMaker's RCF container.

https://docs.aws.amazon.com/sagemaker/latest/dg/rcf-in-formats.html
"""

import threading

from local_aws.images.algorithms.randomcutforest.forest import ForestModel, Scores
from local_aws.images.algorithms.requests import accepted_type, read_rows
from local_aws.images.toolkit.serving import Request, Response, model_folder, serve


class ForestServer:
    """Answers invocations with a trained model."""

    def __init__(self, model: ForestModel) -> None:
        self._model = model
        # The library holds the interpreter while it scores; batches at once would only take turns row by row.
        self._lock = threading.Lock()

    def invoke(self, request: Request) -> Response:
        """Score the request's rows."""
        kind, _ = accepted_type(request.accept)
        if not request.body.strip():
            return Response(204)
        rows = read_rows(request, self._model.settings.feature_dim)
        with self._lock:
            scores = self._model.score(rows)
        return Response(200, _encode(scores, kind), kind)


def _encode(scores: Scores, kind: str) -> bytes:
    records = [b'{"score":%s}' % repr(score).encode() for score in scores.tolist()]
    if kind == "application/jsonlines":
        return b"\n".join(records) + b"\n"
    return b'{"scores":[' + b",".join(records) + b"]}"


if __name__ == "__main__":
    serve(ForestServer(ForestModel.load(model_folder())))
