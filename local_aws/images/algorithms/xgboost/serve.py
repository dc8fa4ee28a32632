"""XGBoost serving: the built-in algorithm's formats, or a script's own if the environment names one.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost
"""

import os

from local_aws.images.algorithms.xgboost.answers import OUTPUT_VARIABLE, encode, negotiate
from local_aws.images.algorithms.xgboost.model import Model
from local_aws.images.algorithms.xgboost.requests import decode
from local_aws.images.algorithms.xgboost.script_serving import (
    PROGRAM_VARIABLE,
    SUBMIT_DIRECTORY_VARIABLE,
    ScriptServer,
    load_script,
)
from local_aws.images.toolkit.serving import Request, Response, model_folder, serve


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


def main() -> None:
    """Serve the model in `/opt/ml/model`."""
    program = os.environ.get(PROGRAM_VARIABLE)
    if program:
        script = load_script(program, os.environ.get(SUBMIT_DIRECTORY_VARIABLE, "/opt/ml/model/code"))
        serve(ScriptServer(script, model_folder()))
    serve(XgboostServer(Model.load(model_folder()), os.environ.get(OUTPUT_VARIABLE, "")))


if __name__ == "__main__":
    main()
