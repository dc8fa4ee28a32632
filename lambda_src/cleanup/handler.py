"""AWS Lambda entry points for CDK's custom resource provider framework, which polls `is_complete`.

Two kinds of resource: Custom::EndpointCleanup with EndpointName, which deployments may have made, and
SwitchParameter, which is there while the endpoint is switched off; and
Custom::TrainingCleanup with JobNamePrefix and TuningJobNamePrefix of the workload's jobs, JobLogGroups whose
streams of those jobs go, ModelPackageGroups whose packages go, and ShadowEndpointPrefixes of what Clarify may
have made.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html
"""

import logging
from typing import Any

import boto3
from botocore.config import Config

from .deletion import attempt
from .endpoints import EndpointCleanup
from .jobs import JobCleanup
from .registry import RegistryCleanup

logger = logging.getLogger(__name__)
_config = Config(retries={"mode": "standard"})
_sagemaker = boto3.client("sagemaker", config=_config)
_logs = boto3.client("logs", config=_config)
_ssm = boto3.client("ssm", config=_config)
endpoint_cleanup = EndpointCleanup(sagemaker=_sagemaker, logs=_logs)
job_cleanup = JobCleanup(sagemaker=_sagemaker, logs=_logs)
registry_cleanup = RegistryCleanup(sagemaker=_sagemaker)


def on_event(event: dict[str, Any], context: object) -> dict[str, str]:
    """Name the resource, for good: after another name CloudFormation would delete the old one."""
    return {"PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"]}


def is_complete(event: dict[str, Any], context: object) -> dict[str, bool]:
    """On deletion, remove what there is, and tell whether nothing is left."""
    if event["RequestType"] != "Delete":
        return {"IsComplete": True}
    left = _SWEEPS[event["ResourceType"]](event["ResourceProperties"])
    if left:
        logger.info("Not all is gone yet", extra={"left": left})
    return {"IsComplete": not left}


def _sweep_endpoint(properties: dict[str, Any]) -> list[str]:
    name = properties["SwitchParameter"]  # to delete a missing one among several is no error
    left = attempt(f"parameter {name}", _ssm.delete_parameters, Names=[name])
    return left + endpoint_cleanup.sweep(properties["EndpointName"])


def _sweep_training(properties: dict[str, Any]) -> list[str]:
    left = job_cleanup.sweep(
        properties["JobNamePrefix"], properties["TuningJobNamePrefix"], properties["JobLogGroups"]
    )
    for prefix in properties["ShadowEndpointPrefixes"]:
        left += endpoint_cleanup.sweep_shadows(prefix)
    for group in properties["ModelPackageGroups"]:
        left += registry_cleanup.sweep(group)
    return left


_SWEEPS = {"Custom::EndpointCleanup": _sweep_endpoint, "Custom::TrainingCleanup": _sweep_training}
