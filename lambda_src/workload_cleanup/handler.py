"""AWS Lambda entry points for CDK's custom resource provider framework, which polls `is_complete`.

Resource properties: EndpointName, which deployments may have made; JobNamePrefix of the workload's jobs;
JobLogGroups, whose streams of those jobs go too.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html
"""

import logging
from typing import Any

import boto3
from botocore.config import Config

from .endpoints import EndpointCleanup
from .jobs import JobCleanup

logger = logging.getLogger(__name__)
_config = Config(retries={"mode": "standard"})
_sagemaker = boto3.client("sagemaker", config=_config)
_logs = boto3.client("logs", config=_config)
endpoint_cleanup = EndpointCleanup(sagemaker=_sagemaker, logs=_logs)
job_cleanup = JobCleanup(sagemaker=_sagemaker, logs=_logs)


def on_event(event: dict[str, Any], context: object) -> dict[str, str]:
    """Name the resource, for good: after another name CloudFormation would delete the old one."""
    return {"PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"]}


def is_complete(event: dict[str, Any], context: object) -> dict[str, bool]:
    """On deletion, remove what there is of the workload, and tell whether nothing is left."""
    if event["RequestType"] != "Delete":
        return {"IsComplete": True}
    properties = event["ResourceProperties"]
    left = endpoint_cleanup.sweep(properties["EndpointName"])
    left += job_cleanup.sweep(properties["JobNamePrefix"], properties["JobLogGroups"])
    if left:
        logger.info("Not all is gone yet", extra={"left": left})
    return {"IsComplete": not left}
