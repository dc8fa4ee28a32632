"""AWS Lambda entry point of the state machine's first step. Environment: DATA_BUCKET, ARTIFACTS_BUCKET."""

import json
import logging
import os
from typing import Any

import boto3

from .run import Buckets, resolve

logger = logging.getLogger(__name__)
s3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Merge the execution's input, keep the settings, return them; raises `InvalidExecutionInput`."""
    buckets = Buckets(data=os.environ["DATA_BUCKET"], artifacts=os.environ["ARTIFACTS_BUCKET"])
    run = resolve(event["workload"], event["overrides"], event["execution_arn"])
    s3.put_object(
        Bucket=buckets.artifacts,
        Key=run.settings_key,
        Body=json.dumps(run.settings(), indent=2, sort_keys=True).encode() + b"\n",
        ContentType="application/json",
    )
    logger.info("Run resolved", extra={"workload": run.workload, "run": run.id})
    return run.result(buckets)
