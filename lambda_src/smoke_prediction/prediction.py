"""The prediction itself, from the sample in S3 to the verdict."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .comparison import difference
from .sample import Sample, parse_sample

PAUSES_SECONDS = (1, 3, 6, 10)
"""Between tries of an endpoint that isn't ready; with one answer's time-out, they fit into 90 s."""

NOT_READY = frozenset({"ModelNotReadyException", "ServiceUnavailable", "ThrottlingException"})
"""A serverless endpoint that is InService may still be provisioning:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""

_LONGEST_QUOTE = 500


class SmokePredictionFailed(Exception):
    """The endpoint doesn't answer its recorded sample as it should; the text says what came instead."""


class SmokePredictionImpossible(Exception):
    """The sample can't be read, or the endpoint not be asked: that says nothing of the model."""


def check(
    s3: Any, runtime: Any, *, endpoint_name: str, sample_uri: str, sleep: Callable[[float], None] = time.sleep
) -> str:
    """Return the endpoint's answer.

    Raises `SmokePredictionFailed` when it isn't the expected one, and `SmokePredictionImpossible`.
    """
    sample = _load(s3, sample_uri)
    answer = _ask(runtime, endpoint_name, sample, sleep)
    try:
        found = difference(sample.expected, answer, sample.accept)
    except ValueError as error:
        found = f"it can't be read as {sample.accept}: {error}"
    if found:
        raise SmokePredictionFailed(
            f"Endpoint {endpoint_name} answers the sample {sample_uri} wrongly: {found}. "
            f"Its answer: {answer[:_LONGEST_QUOTE]}"
        )
    return answer


def _load(s3: Any, uri: str) -> Sample:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        return parse_sample(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except (ClientError, BotoCoreError, ValueError) as error:
        raise SmokePredictionImpossible(f"The sample {uri} can't be read: {error}") from error


def _ask(runtime: Any, endpoint_name: str, sample: Sample, sleep: Callable[[float], None]) -> str:
    try:
        for pause in PAUSES_SECONDS:
            try:
                return _invoke(runtime, endpoint_name, sample)
            except ClientError as error:
                if error.response["Error"]["Code"] not in NOT_READY:
                    raise
                sleep(pause)
        return _invoke(runtime, endpoint_name, sample)
    except ClientError as error:
        of_the_model = error.response["Error"]["Code"] in NOT_READY | {"ModelError"}
        fault = SmokePredictionFailed if of_the_model else SmokePredictionImpossible
        raise fault(f"Endpoint {endpoint_name} gave no prediction: {error}") from error
    except (BotoCoreError, UnicodeDecodeError) as error:
        raise SmokePredictionFailed(f"Endpoint {endpoint_name} gave no prediction: {error}") from error


def _invoke(runtime: Any, endpoint_name: str, sample: Sample) -> str:
    response = runtime.invoke_endpoint(
        EndpointName=endpoint_name,
        ContentType=sample.content_type,
        Accept=sample.accept,
        Body=sample.body.encode(),
    )
    return bytes(response["Body"].read()).decode()
