"""The image randomcutforest:1 trains, tells its metrics, and scores in each of its formats."""

import json
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.workbench import Workbench, csv

RCF = "382416733822.dkr.ecr.us-east-1.amazonaws.com/randomcutforest:1"
HYPERPARAMETERS = {"feature_dim": "3", "num_trees": "50", "num_samples_per_tree": "128"}
ORDINARY, STRANGE = "0.1,-0.2,0.3", "9,9,9"


def points(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)  # noqa: S311 - test data
    return [",".join(f"{draw.gauss(0, 1):.4f}" for _ in range(3)) for _ in range(count)]


def train(workbench: Workbench, name: str, **changes: Any) -> dict[str, Any]:
    train_uri = workbench.put(f"rcf/{name}/train/train.csv", csv(points(2000, seed=1)))
    labelled = [f"0,{point}" for point in points(200, seed=2)] + [f"1,{STRANGE}"] * 3
    test_uri = workbench.put(f"rcf/{name}/test/test.csv", csv(labelled))
    request: dict[str, Any] = {
        "AlgorithmSpecification": {"TrainingImage": RCF, "TrainingInputMode": "File"},
        "HyperParameters": HYPERPARAMETERS,
        "InputDataConfig": [
            workbench.channel("train", train_uri, ContentType="text/csv;label_size=0"),
            workbench.channel("test", test_uri, ContentType="text/csv;label_size=1"),
        ],
        **changes,
    }
    return workbench.train(name, **request)


@pytest.fixture(scope="module")
def forest(workbench: Workbench) -> str:
    """The name of an endpoint that scores points of three values."""
    name = f"{workbench.bucket}-rcf"
    job = train(workbench, name)
    assert job["TrainingJobStatus"] == "Completed", job
    workbench.make_model(name, job["ModelArtifacts"]["S3ModelArtifacts"], Image=RCF)
    served = workbench.serve(name, workbench.make_config(name, name))
    assert served["EndpointStatus"] == "InService", served
    return name


def test_metrics_are_told_and_repeatable(workbench: Workbench, name: str) -> None:
    # When
    jobs = [train(workbench, f"{name}-{turn}") for turn in (1, 2)]

    # Then far points are found, and the same input gives the same forest
    first, second = (
        {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]} for job in jobs
    )
    assert first == second
    assert first["test:f1"] > 0.7


def test_each_format_gives_the_same_scores(workbench: Workbench, forest: str) -> None:
    # Given
    rows = [[float(value) for value in text.split(",")] for text in (ORDINARY, STRANGE)]
    bodies = {
        "text/csv": csv([ORDINARY, STRANGE]),
        "application/json": json.dumps({"instances": [{"features": row} for row in rows]}).encode(),
        "application/jsonlines": csv([json.dumps({"features": row}) for row in rows]),
    }

    # When
    answers = [workbench.invoke(forest, body, ContentType=kind) for kind, body in bodies.items()]
    lines = workbench.invoke(forest, bodies["text/csv"], Accept="application/jsonlines")

    # Then
    assert len(set(answers)) == 1
    scores = json.loads(answers[0])["scores"]
    assert [json.loads(line) for line in lines.splitlines()] == scores
    assert [set(score) for score in scores] == [{"score"}, {"score"}]
    assert scores[1]["score"] > 2 * scores[0]["score"] > 0


@pytest.mark.parametrize(
    ("body", "settings", "status"),
    [
        (b"1,2", {}, 400),
        (b"1,2,x", {}, 400),
        (b"{}", {"ContentType": "application/json"}, 400),
        (b"1,2,3", {"ContentType": "application/x-image"}, 415),
        (b"1,2,3", {"Accept": "text/html"}, 406),
    ],
    ids=str,
)
def test_other_bodies_are_refused(
    workbench: Workbench, forest: str, body: bytes, settings: dict[str, str], status: int
) -> None:
    with pytest.raises(ClientError) as raised:
        workbench.invoke(forest, body, **settings)
    assert raised.value.response["OriginalStatusCode"] == status


def test_a_fault_is_the_users(workbench: Workbench, name: str) -> None:
    # When
    job = train(workbench, name, HyperParameters={**HYPERPARAMETERS, "feature_dim": "4"})

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "line 1 has 3 values, expected 4" in job["FailureReason"]


def test_the_training_data_has_no_label(workbench: Workbench, name: str) -> None:
    # Given a channel that says its first value is a label
    uri = workbench.put(f"rcf/{name}/labelled.csv", csv(points(10, seed=1)))

    # When
    job = train(workbench, name, InputDataConfig=[workbench.channel("train", uri)])

    # Then
    assert "label_size must be 0, not 1" in job["FailureReason"]


@pytest.mark.parametrize("samples", ["1", "2048"])
def test_the_smallest_and_the_largest_trees_grow(workbench: Workbench, name: str, samples: str) -> None:
    job = train(workbench, name, HyperParameters={**HYPERPARAMETERS, "num_samples_per_tree": samples})

    assert job["TrainingJobStatus"] == "Completed", job
