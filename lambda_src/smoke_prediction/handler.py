"""AWS Lambda entry point of the deployment's smoke prediction. It needs no environment."""

import logging
from typing import Any

import boto3
from botocore.config import Config

from .prediction import check

READ_TIMEOUT_SECONDS = 65
"""Just above the 60 s that SageMaker gives a container to answer."""

logger = logging.getLogger(__name__)
s3 = boto3.client("s3")
runtime = boto3.client(
    "sagemaker-runtime",
    config=Config(read_timeout=READ_TIMEOUT_SECONDS, retries={"mode": "standard", "total_max_attempts": 1}),
)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Ask the endpoint for the sample's prediction; raises what `check` does."""
    endpoint_name, sample_uri = event["endpoint_name"], event["sample_uri"]
    answer = check(s3, runtime, endpoint_name=endpoint_name, sample_uri=sample_uri)
    logger.info("Smoke prediction passed", extra={"endpoint": endpoint_name, "sample": sample_uri})
    return {"endpoint_name": endpoint_name, "prediction": answer}
