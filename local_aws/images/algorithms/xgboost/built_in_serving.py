"""XGBoost serving as a built-in algorithm, in the container's own formats.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

from local_aws.images.algorithms.xgboost.answers import encode, negotiate
from local_aws.images.algorithms.xgboost.model import Model
from local_aws.images.algorithms.xgboost.requests import decode
from local_aws.images.toolkit.serving import Request, Response


class XgboostServer:
    """Answers invocations with a trained model."""

    def __init__(self, model: Model, selected: str = "") -> None:
        self._model = model
        self._selected = [name.strip() for name in selected.split(",") if name.strip()]

    def invoke(self, request: Request) -> Response:
        """Predict the request's rows."""
        if not request.body.strip():
            return Response(204)
        kind = negotiate(request.accept)
        rows = decode(request.body, request.content_type, self._model.width)
        body = encode(self._model.predict(rows), kind, self._model.objective, self._selected)
        return Response(200, body, kind)
