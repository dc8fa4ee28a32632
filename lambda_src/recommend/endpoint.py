"""Asks the hosted k-NN model.

Request and answer: https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html
"""

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from http_api.faults import UnreadablePrediction
from http_api.invocation import invoke

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
        return invoke(
            self._client,
            EndpointName=self._name,
            ContentType="application/json",
            Accept=accept,
            Body=request,
        )


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
