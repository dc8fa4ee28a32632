"""One prediction: read, encoded as the served model was trained, asked, decoded."""

from collections.abc import Mapping
from typing import Any

from http_api.body import read_json
from http_api.invocation import invoke

from .language import Language
from .serving import ServedModels
from .targets import Target

MAX_BODY_BYTES = 1024 * 1024
EXPECTED = "GET /openapi.json says what it must be."


def predict(
    event: Mapping[str, Any], target: Target, language: Language, models: ServedModels, runtime: Any
) -> object:
    """Return the answer in words; raises the faults of `http_api`, and botocore's `ClientError`."""
    document = read_json(event, max_bytes=MAX_BODY_BYTES, expected=EXPECTED)
    serving = models.serving(target)
    answer = invoke(
        runtime,
        EndpointName=target.endpoint_name,
        ContentType=target.content_type,
        Accept=target.accept,
        Body=language.encode(document, serving),
    )
    return language.decode(answer, document, serving)
