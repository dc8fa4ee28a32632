"""AWS Lambda entry points for CDK's custom resource provider framework, which polls `is_complete`.

Resource property: EndpointNames, the endpoints that deployments may have made.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html
"""

import logging
from typing import Any

import boto3
from botocore.config import Config

from .cleanup import Cleanup

logger = logging.getLogger(__name__)
_config = Config(retries={"mode": "standard"})
cleanup = Cleanup(
    sagemaker=boto3.client("sagemaker", config=_config), logs=boto3.client("logs", config=_config)
)


def on_event(event: dict[str, Any], context: object) -> dict[str, str]:
    """Name the resource, for good: after another name CloudFormation would delete the old one."""
    return {"PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"]}


def is_complete(event: dict[str, Any], context: object) -> dict[str, bool]:
    """On deletion, remove what there is of the endpoints, and tell whether nothing is left."""
    if event["RequestType"] != "Delete":
        return {"IsComplete": True}
    left = [text for name in event["ResourceProperties"]["EndpointNames"] for text in cleanup.sweep(name)]
    if left:
        logger.info("Not all is gone yet", extra={"left": left})
    return {"IsComplete": not left}
