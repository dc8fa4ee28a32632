"""The answers of the XGBoost image: scores, or what SAGEMAKER_INFERENCE_OUTPUT selects."""

import json

import numpy as np
import pytest

from local_aws.images.algorithms.xgboost.answers import encode, negotiate
from local_aws.images.algorithms.xgboost.requests import decode
from local_aws.images.toolkit.errors import RequestError

BINARY = np.array([0.75, 0.25], np.float32)
CLASSES = np.array([[0.25, 0.5, 0.25]], np.float32)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv", b"0.75\n0.25\n"),
        ("application/json", b'{"predictions":[{"score":0.75},{"score":0.25}]}'),
        ("application/jsonlines", b'{"score":0.75}\n{"score":0.25}\n'),
    ],
)
def test_scores(kind: str, body: bytes) -> None:
    assert encode(BINARY, kind, "binary:logistic", []) == body


def test_selected_output_of_two_classes() -> None:
    selected = ["predicted_label", "labels", "probability", "probabilities", "predicted_score"]
    answer = json.loads(encode(BINARY[:1], "application/json", "binary:logistic", selected))
    assert answer == {
        "predictions": [
            {
                "predicted_label": 1,
                "labels": [0, 1],
                "probability": 0.75,
                "probabilities": [0.25, 0.75],
                "predicted_score": "nan",
            }
        ]
    }


def test_selected_output_of_many_classes_as_csv() -> None:
    body = encode(CLASSES, "text/csv", "multi:softprob", ["predicted_label", "probability", "probabilities"])
    assert body == b'1,0.5,"[0.25, 0.5, 0.25]"\n'


def test_a_regressions_score() -> None:
    body = encode(BINARY[:1], "application/jsonlines", "reg:squarederror", ["predicted_score", "labels"])
    assert json.loads(body) == {"predicted_score": 0.75, "labels": "nan"}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("", "text/csv"), ("*/*", "text/csv"), ("image/png, application/json", "application/json")],
)
def test_accepted_types(accept: str, kind: str) -> None:
    assert negotiate(accept) == kind


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"1,2,3", "text/csv", 400),
        (b"0:1 2:3", "text/libsvm", 400),
        (b'{"instances": [{"features": [1, 2]}]}', "application/json", 415),
        (b'{"features": [1, 2]}', "application/jsonlines", 415),
        (b"1,2", "image/png", 415),
    ],
)
def test_rows_that_are_refused(body: bytes, kind: str, status: int) -> None:
    with pytest.raises(RequestError) as refused:
        decode(body, kind, 2)
    assert refused.value.status == status
