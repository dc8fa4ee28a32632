"""Asks the hosted k-NN model, within the time that API Gateway leaves.

Request and answer: https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html
Errors: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

import json
import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError as BrokenConnectionError

from .faults import (
    EndpointTimeout,
    EndpointUnavailable,
    ModelFailed,
    RecommendationFault,
    UnreadablePrediction,
)

CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 20
STALE_CONNECTION_SECONDS = 5
"""A connection lost sooner than this was a kept one that had gone stale: 5 + 2 + 20 s still is under 29 s."""

RETRY_AFTER_SECONDS = {
    # InvokeEndpoint's answer for an endpoint that doesn't exist or isn't in service; the request itself
    # is always of the same form, so nothing else of it can be invalid.
    "ValidationError": 60,
    "ValidationException": 60,
    "ModelNotReadyException": 5,
    "ServiceUnavailable": 5,
    "ServiceUnavailableException": 5,
    "Throttling": 2,
    "ThrottlingException": 2,
    "TooManyRequestsException": 2,
}
CONNECTION_RETRY_AFTER_SECONDS = 5

_PLAIN = "application/json"
_VERBOSE = "application/json; verbose=true"


class Neighbour(NamedTuple):
    """A record that the model was trained on: its label, and its distance from the features."""

    label: int
    distance: float


class Prediction(NamedTuple):
    """A predicted label and the neighbours that voted for it or another, the nearest first."""

    label: int
    neighbours: tuple[Neighbour, ...]


def runtime_client() -> Any:
    """Return a SageMaker runtime client that gives up before API Gateway's 29 s do, and never retries.

    It is made by botocore: boto3's session adds a fifth to a cold start and nothing that is used here.
    """
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
    )
    return botocore.session.get_session().create_client("sagemaker-runtime", config=config)


class Endpoint:
    """A SageMaker endpoint that hosts a k-NN classifier."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def predict_label(self, features: Sequence[int]) -> int:
        """Return the predicted label.

        Raises `ModelFailed`, `UnreadablePrediction`, `EndpointUnavailable` or `EndpointTimeout`; any other
        error of the service (a missing permission, for one) is passed on as botocore's `ClientError`.
        """
        return _label(_prediction(self._answer(features, _PLAIN)))

    def predict(self, features: Sequence[int]) -> Prediction:
        """Return the predicted label and the neighbours it comes from; raises what `predict_label` does."""
        prediction = _prediction(self._answer(features, _VERBOSE))
        return Prediction(_label(prediction), _neighbours(prediction))

    def _answer(self, features: Sequence[int], accept: str) -> bytes:
        request = json.dumps({"instances": [{"features": list(features)}]}).encode()
        try:
            return self._invoke(request, accept)
        except ClientError as error:
            fault = _service_fault(error)
            if fault is None:
                raise
            raise fault from error
        except (ConnectTimeoutError, ReadTimeoutError) as error:
            raise EndpointTimeout(
                "The model didn't answer in time. Please try again.", detail=type(error).__name__
            ) from error
        except (NoConnectionError, BrokenConnectionError) as error:
            raise EndpointUnavailable(
                "The model can't be reached. Please try again later.",
                detail=type(error).__name__,
                retry_after_seconds=CONNECTION_RETRY_AFTER_SECONDS,
            ) from error

    def _invoke(self, request: bytes, accept: str) -> bytes:
        started = time.monotonic()
        try:
            return self._invoke_once(request, accept)
        except ConnectionClosedError:
            if time.monotonic() - started > STALE_CONNECTION_SECONDS:
                raise
            return self._invoke_once(request, accept)

    def _invoke_once(self, request: bytes, accept: str) -> bytes:
        response = self._client.invoke_endpoint(
            EndpointName=self._name,
            ContentType="application/json",
            Accept=accept,
            Body=request,
        )
        return bytes(response["Body"].read())


def _service_fault(error: ClientError) -> RecommendationFault | None:
    code = error.response["Error"]["Code"]
    if code == "ModelError":
        # The container's own message may repeat the request, so only its status is kept.
        status = error.response.get("OriginalStatusCode")
        return ModelFailed("The model couldn't make a prediction.", detail=f"ModelError, status {status}")
    if code in RETRY_AFTER_SECONDS:
        return EndpointUnavailable(
            "The model isn't available right now. Please try again later.",
            detail=str(error),
            retry_after_seconds=RETRY_AFTER_SECONDS[code],
        )
    return None


def _prediction(answer: bytes) -> Any:
    """Return the one element of `predictions`."""
    try:
        (prediction,) = json.loads(answer)["predictions"]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise _unreadable(error) from error
    return prediction


def _label(prediction: Any) -> int:
    """Return `predicted_label`, which k-NN writes as a float, as the integer it stands for."""
    try:
        return _whole_number(prediction["predicted_label"])
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise _unreadable(error) from error


def _neighbours(prediction: Any) -> tuple[Neighbour, ...]:
    """Return `labels` and `distances`, the smallest distance first, as k-NN's verbose answer has them."""
    try:
        pairs = zip(prediction["labels"], prediction["distances"], strict=True)
        neighbours = tuple(Neighbour(_whole_number(label), _distance(distance)) for label, distance in pairs)
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise _unreadable(error) from error
    if not neighbours:
        raise _unreadable(ValueError("there are no neighbours"))
    return neighbours


def _unreadable(error: Exception) -> UnreadablePrediction:
    return UnreadablePrediction(
        "The model's answer can't be read.", detail=f"{type(error).__name__}: {error}"
    )


def _whole_number(value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or number != value:
        raise ValueError("the label isn't a whole number")
    return number


def _distance(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("a distance isn't a number from 0 up")
    return float(value)
