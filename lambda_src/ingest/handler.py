"""AWS Lambda entry point of the state machine's ingest step.

Environment: DATA_BUCKET, ARTIFACTS_BUCKET, MAX_BYTES (optional, the most bytes of a source and of what its
archive unpacks to). The function's temporary storage holds all sources of a run, and what is unpacked.
"""

import logging
import os
from typing import Any

import boto3

from . import web
from .ingestion import Ingestion

DEFAULT_MAX_BYTES = 1024**3

logger = logging.getLogger(__name__)
s3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Bring the run's files into the data bucket; raises the errors of `ingest.faults`."""
    ingestion = Ingestion(
        s3=s3,
        fetch_web=web.fetch,
        data_bucket=os.environ["DATA_BUCKET"],
        artifacts_bucket=os.environ["ARTIFACTS_BUCKET"],
        max_bytes=int(os.environ.get("MAX_BYTES", DEFAULT_MAX_BYTES)),
    )
    result = ingestion.run(event["workload"], event["run"], event["files"])
    logger.info(
        "Data ingested", extra={"workload": event["workload"], "run": event["run"], "files": result["files"]}
    )
    return result
