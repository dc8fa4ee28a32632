"""The prediction itself, from the sample in S3 to the verdict."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .comparison import difference
from .sample import Sample, parse_sample

PAUSES_SECONDS = (2, 5, 10, 20)
"""After each answer that the model isn't ready: a serverless endpoint that is InService may still be
provisioning. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""

_LONGEST_QUOTE = 500


class SmokePredictionFailed(Exception):
    """The endpoint doesn't answer its recorded sample as it should; the text says what came instead."""


def check(
    s3: Any, runtime: Any, *, endpoint_name: str, sample_uri: str, sleep: Callable[[float], None] = time.sleep
) -> str:
    """Return the endpoint's answer; raises `SmokePredictionFailed` when it isn't the expected one."""
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
        raise SmokePredictionFailed(f"The sample {uri} can't be read: {error}") from error


def _ask(runtime: Any, endpoint_name: str, sample: Sample, sleep: Callable[[float], None]) -> str:
    for pause in PAUSES_SECONDS:
        try:
            return _invoke(runtime, endpoint_name, sample)
        except runtime.exceptions.ModelNotReadyException:
            sleep(pause)
        except (ClientError, BotoCoreError, UnicodeDecodeError) as error:
            raise SmokePredictionFailed(f"Endpoint {endpoint_name} gave no prediction: {error}") from error
    raise SmokePredictionFailed(f"Endpoint {endpoint_name} wasn't ready after {sum(PAUSES_SECONDS)} s")


def _invoke(runtime: Any, endpoint_name: str, sample: Sample) -> str:
    response = runtime.invoke_endpoint(
        EndpointName=endpoint_name,
        ContentType=sample.content_type,
        Accept=sample.accept,
        Body=sample.body.encode(),
    )
    return bytes(response["Body"].read()).decode()
