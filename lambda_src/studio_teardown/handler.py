"""AWS Lambda entry points for CDK's custom resource provider framework, which polls `is_complete`.

Two kinds of resource: Custom::StudioUserTeardown with DomainId and UserProfileName, which ends what a user
has in the domain; and Custom::StudioDomainTeardown with DomainId, DomainArn, FileSystemId and KeepFileSystem
("true" or "false"), which ends the domain with all in it and removes what SageMaker leaves behind.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html
"""

import logging
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .deletion import passing
from .domain import DomainSweep
from .leftovers import Leftovers

logger = logging.getLogger(__name__)
_config = Config(retries={"mode": "standard"})
domain_sweep = DomainSweep(sagemaker=boto3.client("sagemaker", config=_config))
leftovers = Leftovers(efs=boto3.client("efs", config=_config), ec2=boto3.client("ec2", config=_config))


def on_event(event: dict[str, Any], context: object) -> dict[str, str]:
    """Name the resource by what it ends: with another domain, CloudFormation deletes the one for the old."""
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    names = [properties["DomainId"], properties.get("UserProfileName", "")]
    return {"PhysicalResourceId": "/".join(filter(None, names))}


def is_complete(event: dict[str, Any], context: object) -> dict[str, bool]:
    """On deletion, remove what there is, and tell whether nothing is left."""
    if event["RequestType"] != "Delete":
        return {"IsComplete": True}
    try:
        left = _SWEEPS[event["ResourceType"]](event["ResourceProperties"])
    except ClientError as error:
        left = [passing(error, event["PhysicalResourceId"])]
    if left:
        logger.info("Not all is gone yet", extra={"left": left})
    return {"IsComplete": not left}


def _sweep_user(properties: dict[str, Any]) -> list[str]:
    return domain_sweep.sweep_user(properties["DomainId"], properties["UserProfileName"])


def _sweep_domain(properties: dict[str, Any]) -> list[str]:
    keep = properties["KeepFileSystem"] == "true"
    return (
        domain_sweep.sweep_domain(properties["DomainId"])
        or leftovers.sweep_file_system(properties["FileSystemId"], keep=keep)
        or leftovers.sweep_security_groups(properties["DomainArn"])
    )


_SWEEPS = {"Custom::StudioUserTeardown": _sweep_user, "Custom::StudioDomainTeardown": _sweep_domain}
