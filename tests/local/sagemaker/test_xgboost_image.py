"""The XGBoost image as a built-in algorithm: jobs, failures, endpoints."""

import json
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.workbench import Workbench, csv

ACCOUNT = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
TAGS = ("1.7-1", "3.2-0")
BINARY = {"objective": "binary:logistic", "num_round": "8", "max_depth": "3", "eval_metric": "auc,accuracy"}


def _table(count: int, seed: int) -> list[str]:
    numbers = random.Random(seed)  # noqa: S311 - test data
    points = [[numbers.random() for _ in range(3)] for _ in range(count)]
    labels = [int(sum(point) + 0.6 * numbers.random() > 1.8) for point in points]
    return [
        ",".join([str(label), *(f"{value:.4f}" for value in point)])
        for label, point in zip(labels, points, strict=True)
    ]


def _specification(tag: str) -> dict[str, Any]:
    return {"TrainingImage": f"{ACCOUNT}/sagemaker-xgboost:{tag}", "TrainingInputMode": "File"}


@pytest.fixture(scope="module")
def xgboost_data(workbench: Workbench) -> list[dict[str, Any]]:
    """The channels train and validation."""
    for channel, count in (("train", 400), ("validation", 200)):
        workbench.put(f"xgboost/{channel}/data.csv", csv(_table(count, count)))
    root = f"s3://{workbench.bucket}/xgboost"
    return [workbench.channel(name, f"{root}/{name}/") for name in ("train", "validation")]


def _train(
    workbench: Workbench, name: str, channels: list[dict[str, Any]], tag: str = "3.2-0", **values: str
) -> dict[str, Any]:
    return workbench.train(
        name,
        AlgorithmSpecification=_specification(tag),
        HyperParameters={**BINARY, **values},
        InputDataConfig=channels,
    )


def _metrics(job: dict[str, Any]) -> dict[str, float]:
    return {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}


@pytest.fixture(scope="module", params=TAGS)
def xgboost_job(
    workbench: Workbench, xgboost_data: list[dict[str, Any]], request: pytest.FixtureRequest
) -> dict[str, Any]:
    """A job that has ended."""
    return _train(workbench, f"xgboost-{request.param.replace('.', '-')}", xgboost_data, request.param)


def test_metrics_of_both_channels_are_read(xgboost_job: dict[str, Any]) -> None:
    assert xgboost_job["TrainingJobStatus"] == "Completed", xgboost_job
    metrics = _metrics(xgboost_job)
    assert set(metrics) == {"train:auc", "train:accuracy", "validation:auc", "validation:accuracy"}
    assert metrics["validation:auc"] > 0.85


def test_the_same_job_gives_the_same_metrics(
    workbench: Workbench, xgboost_data: list[dict[str, Any]], name: str
) -> None:
    jobs = [_train(workbench, f"{name}-{turn}", xgboost_data, subsample="0.5") for turn in (1, 2)]
    assert _metrics(jobs[0]) == _metrics(jobs[1])


def test_a_hyperparameter_reaches_xgboost(
    workbench: Workbench, xgboost_data: list[dict[str, Any]], name: str
) -> None:
    # When trees may not split at all
    job = _train(workbench, name, xgboost_data, gamma="1000000")
    # Then no row is told from another
    assert _metrics(job)["validation:auc"] == 0.5


def test_a_bad_hyperparameter_fails_the_job(
    workbench: Workbench, xgboost_data: list[dict[str, Any]], name: str
) -> None:
    job = _train(workbench, name, xgboost_data, silent="0")
    assert job["TrainingJobStatus"] == "Failed"
    assert "ClientError: Failed to validate user-provided hyperparameters" in job["FailureReason"]
    assert "'silent' was unexpected" in job["FailureReason"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"1,2,3\n0,x,3\n", "'bad.csv' of channel 'train': line 2: 'x' is not a number"),
        (b"1,2,3\n0,3\n", "line 2 has 2 values, but the first has 3"),
        (b"", "File 'bad.csv' of channel 'train' has no rows."),
        (b"1,2,3\n1,3,4\n", "The labels of channel 'train' are all 1; for binary:logistic"),
    ],
)
def test_bad_data_fails_the_job(workbench: Workbench, name: str, body: bytes, reason: str) -> None:
    workbench.put(f"xgboost-bad/{name}/bad.csv", body)
    channel = workbench.channel("train", f"s3://{workbench.bucket}/xgboost-bad/{name}/")
    job = _train(workbench, name, [channel])
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_cross_validation_leaves_a_model_for_each_fold(
    workbench: Workbench, xgboost_data: list[dict[str, Any]], name: str
) -> None:
    job = _train(workbench, name, xgboost_data, _kfold="3", early_stopping_rounds="2", eval_metric="auc")
    assert job["TrainingJobStatus"] == "Completed", job
    assert 0.85 < _metrics(job)["validation:auc"] < 1


@pytest.fixture(scope="module")
def xgboost_endpoint(workbench: Workbench, xgboost_job: dict[str, Any]) -> str:
    """The name of an endpoint in service."""
    name = f"{xgboost_job['TrainingJobName']}-endpoint"
    data, image = (
        xgboost_job["ModelArtifacts"]["S3ModelArtifacts"],
        xgboost_job["AlgorithmSpecification"]["TrainingImage"],
    )
    workbench.make_model(name, data, Image=image)
    served = workbench.serve(name, workbench.make_config(name, name))
    assert served["EndpointStatus"] == "InService", served
    return name


def test_csv_and_libsvm_are_answered_in_csv_json_and_json_lines(
    workbench: Workbench, xgboost_endpoint: str
) -> None:
    body = b"0.9,0.9,0.9\n0.1,0.1,\n"
    lines = workbench.invoke(xgboost_endpoint, body, Accept="text/csv").decode().splitlines()
    scores = [float(line) for line in lines]
    assert (scores[0] > 0.8, scores[1] < 0.2) == (True, True)
    answer = json.loads(workbench.invoke(xgboost_endpoint, body, Accept="application/json"))
    assert answer == {"predictions": [{"score": score} for score in map(pytest.approx, scores)]}
    records = workbench.invoke(xgboost_endpoint, body, Accept="application/jsonlines").splitlines()
    assert [json.loads(record)["score"] for record in records] == pytest.approx(scores)
    libsvm = b"0:0.9 1:0.9 2:0.9\n0 0:0.1 1:0.1\n"
    assert workbench.invoke(xgboost_endpoint, libsvm, ContentType="text/libsvm").decode().splitlines() == [
        *lines
    ]


@pytest.mark.parametrize(
    ("body", "settings", "status"),
    [
        (b"0.1,0.2\n", {}, 400),
        (b"0.1,x,0.3\n", {}, 400),
        (b'{"instances": [{"features": [0.1, 0.2, 0.3]}]}', {"ContentType": "application/json"}, 415),
        (b"0.1,0.2,0.3", {"Accept": "image/png"}, 406),
    ],
)
def test_what_cant_be_answered(
    workbench: Workbench, xgboost_endpoint: str, body: bytes, settings: dict[str, str], status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        workbench.invoke(xgboost_endpoint, body, **settings)
    assert refused.value.response["OriginalStatusCode"] == status
