"""AWS Lambda entry point: request in, model asked, recommendation out.

Environment: ENDPOINT_NAME, POWERTOOLS_SERVICE_NAME. The asset holds `catalogue.json` beside this package.
What callers send is personal, so neither logs nor metrics hold it.
"""

import os
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from http_api.answers import SUCCESS, answered, success
from http_api.invocation import runtime_client

from .catalogue import Catalogue
from .details import describe
from .endpoint import Endpoint
from .request import read_entry, wants_details

ENDPOINT_NAME = os.environ["ENDPOINT_NAME"]

logger = Logger()
metrics = Metrics(namespace="Recommendation")
metrics.set_default_dimensions(endpoint=ENDPOINT_NAME)

catalogue = Catalogue.load(Path(__file__).resolve().parents[1] / "catalogue.json")
endpoint = Endpoint(runtime_client(), ENDPOINT_NAME)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway request; never raises."""
    request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
    logger.set_correlation_id(request_id)
    outcome, answer = answered(
        lambda: _recommend(read_entry(event), detailed=wants_details(event)), logger, request_id
    )
    metrics.add_dimension(name="outcome", value="Recommended" if outcome == SUCCESS else outcome)
    metrics.add_metric(name="Recommendations", unit=MetricUnit.Count, value=1)
    return answer


def _recommend(entry: list[int], *, detailed: bool) -> dict[str, Any]:
    if not detailed:
        return _recommended(catalogue.mysfit_id(endpoint.predict_label(entry)))
    prediction = endpoint.predict(entry)
    mysfit, details = catalogue.mysfit_id(prediction.label), describe(prediction, catalogue)
    return _recommended(mysfit, details=details)


def _recommended(mysfit: str, **more: Any) -> dict[str, Any]:
    # A dimension set of its own: how often each mysfit is recommended, whatever the visitors answered.
    metrics.add_dimensions(mysfit=mysfit)
    return success({"recommendedMysfit": mysfit, **more})
