"""The endpoint that a model is asked through: made for the job, and gone after it."""

import contextlib
import secrets
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pandas as pd
from botocore.exceptions import ClientError as ServiceError

from local_aws.images.algorithms.clarify import predictions
from local_aws.images.algorithms.clarify.configuration import Predictor
from local_aws.images.toolkit.errors import ClientError

_POLL_SECONDS = 0.2
_STARTUP_SECONDS = 1800.0
_STEADY = ("InService", "Failed", "OutOfService")


def ask(predictor: Predictor, features: pd.DataFrame) -> list[str]:
    """The model's answers to all records.

    Raises:
        ClientError: the endpoint can't be made, or the model refuses the records.
    """
    sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")
    try:
        with _endpoint(sagemaker, predictor) as name:
            return [_invoke(runtime, name, predictor, body) for body in predictions.batches(features)]
    except ServiceError as error:
        raise ClientError(str(error)) from None


@contextlib.contextmanager
def _endpoint(sagemaker: Any, predictor: Predictor) -> Iterator[str]:
    suffix = f"{int(time.time())}-{secrets.token_hex(2)}"
    config = f"{predictor.endpoint_name_prefix}-config-{suffix}"
    name = f"{predictor.endpoint_name_prefix}-{suffix}"
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": predictor.model_name,
        "InstanceType": predictor.instance_type,
        "InitialInstanceCount": predictor.instance_count,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    try:
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        _log(f"Creating endpoint {name}")
        try:
            described = _settled(sagemaker, name)
            if described["EndpointStatus"] != "InService":
                raise ClientError(
                    f"The endpoint of model {predictor.model_name} is {described['EndpointStatus']}: "
                    f"{described.get('FailureReason', 'no reason given')}"
                )
            yield name
        finally:
            # One that is being created can't be deleted.
            _settled(sagemaker, name)
            sagemaker.delete_endpoint(EndpointName=name)
            _log(f"Deleted endpoint {name}")
    finally:
        sagemaker.delete_endpoint_config(EndpointConfigName=config)


def _settled(sagemaker: Any, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while True:
        described: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
        if described["EndpointStatus"] in _STEADY:
            return described
        if time.monotonic() > deadline:
            raise ClientError(f"Endpoint {name} is still {described['EndpointStatus']}.")
        time.sleep(_POLL_SECONDS)


def _invoke(runtime: Any, name: str, predictor: Predictor, body: bytes) -> str:
    answer = runtime.invoke_endpoint(
        EndpointName=name, ContentType="text/csv", Accept=predictor.accept_type, Body=body
    )
    text: str = answer["Body"].read().decode()
    return text


def _log(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
