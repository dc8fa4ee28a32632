"""Serving by a script's functions, those it lacks being the container's.

https://sagemaker.readthedocs.io/en/stable/frameworks/xgboost/using_xgboost.html
"""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import xgboost

from local_aws.images.algorithms.xgboost.answers import negotiate
from local_aws.images.algorithms.xgboost.requests import decode_any
from local_aws.images.algorithms.xgboost.source_folder import fetch
from local_aws.images.toolkit.serving import Request, Response, media_type


class ScriptServer:
    """Answers invocations with a script's `model_fn` and `input_fn`, `predict_fn`, `output_fn`, or
    `transform_fn` in place of these three."""

    def __init__(self, script: ModuleType, model_folder: Path) -> None:
        if not hasattr(script, "model_fn"):
            raise NotImplementedError(f"{script.__name__} must have a model_fn(model_dir).")
        self._script = script
        self._model = script.model_fn(str(model_folder))

    def invoke(self, request: Request) -> Response:
        """Predict the request's rows."""
        if not request.body.strip():
            return Response(204)
        kind = media_type(request.content_type or "text/csv")[0]
        text = kind.startswith("text/") or kind in ("application/json", "application/jsonlines")
        body = request.body.decode("utf-8", "replace") if text else request.body
        accept = request.accept if request.accept not in ("", "*/*") else "text/csv"
        if hasattr(self._script, "transform_fn"):
            return _response(self._script.transform_fn(self._model, body, kind, accept), accept)
        rows = self._function("input_fn", _default_input)(body, kind)
        prediction = self._function("predict_fn", _default_predict)(rows, self._model)
        return _response(self._function("output_fn", _default_output)(prediction, accept), accept)

    def _function(self, name: str, default: Any) -> Any:
        return getattr(self._script, name, default)


def load_script(program: str, place: str) -> ModuleType:
    """The script as a module; its folder is where its imports are looked for first."""
    sys.path.insert(0, str(fetch(place)))
    return importlib.import_module(Path(program).stem)


def _default_input(body: str | bytes, content_type: str) -> Any:
    return xgboost.DMatrix(decode_any(body.encode() if isinstance(body, str) else body, content_type))


def _default_predict(rows: Any, model: Any) -> Any:
    return model.predict(rows, validate_features=False)


def _default_output(prediction: Any, accept: str) -> tuple[str, str]:
    kind = negotiate(accept)
    values = np.asarray(prediction).tolist()
    if kind == "application/json":
        return json.dumps(values), kind
    if kind == "application/jsonlines":
        return "".join(f"{json.dumps(value)}\n" for value in values), kind
    lines = (",".join(map(str, value)) if isinstance(value, list) else str(value) for value in values)
    return "".join(f"{line}\n" for line in lines), kind


def _response(answer: Any, accept: str) -> Response:
    """The answer of a script: a body, or a body and its content type."""
    body, kind = answer if isinstance(answer, tuple) else (answer, accept)
    content = body if isinstance(body, bytes) else str(body).encode()
    return Response(200, content, str(kind))
