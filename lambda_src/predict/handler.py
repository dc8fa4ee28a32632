"""AWS Lambda entry point: a document in a workload's words in, its model asked, the answer in words out.

Environment: PREDICTIONS, a JSON object of what is known of each workload (see `targets`), and
POWERTOOLS_SERVICE_NAME. What callers send is personal, so neither logs nor metrics hold it.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from http_api.answers import answered, success
from http_api.invocation import runtime_client

from .language import Language
from .prediction import predict
from .serving import ServedModels
from .targets import targets

logger = Logger()
metrics = Metrics(namespace="Prediction")

known = targets(os.environ["PREDICTIONS"])
models = ServedModels()
runtime = runtime_client()


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway request; never raises."""
    workload = str(event["resource"]).rpartition("/")[2]
    request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
    logger.set_correlation_id(request_id)
    outcome, answer = answered(lambda: success(_predict(event, workload)), logger, request_id)
    metrics.add_dimension(name="workload", value=workload)
    metrics.add_dimension(name="outcome", value=outcome)
    metrics.add_metric(name="Predictions", unit=MetricUnit.Count, value=1)
    return answer


def _predict(event: dict[str, Any], workload: str) -> object:
    target = known[workload]
    return predict(event, target, Language(workload), models, runtime)
