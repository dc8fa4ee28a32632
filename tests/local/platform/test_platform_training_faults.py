"""Runs that fail: what they say; nothing of them is registered or hosted; the older model serves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.platform.conftest import HappyRun, Inbox
from tests.local.platform.deployed import DeployedPlatform, Ended, Hosted
from tests.local.platform.raw_data import HEADER, random_labels, sample, with_line


class Faults:
    """Runs executions that must fail without a trace."""

    def __init__(self, platform: DeployedPlatform, before: Hosted, inbox: Inbox) -> None:
        self.platform = platform
        self.before = before
        self.inbox = inbox

    def failed(self, given: Any) -> Ended:
        """Run an execution that fails and leaves things as they were; gives its end."""
        ended = self.platform.ended(self.platform.start_training(given))
        assert ended.status == "FAILED", ended
        assert self.platform.hosted() == self.before
        assert self.platform.running_jobs() == []
        assert self.platform.ask().status == 200
        (told,) = self.inbox.messages()
        if ended.error == "GateNotPassed":
            assert told["Subject"] == "mysfit_recommender: not registered"
            assert "The gate refused the model: accuracy 0." in told["Message"]
        else:
            assert told["Subject"] == "mysfit_recommender: training failed"
            assert ended.cause in told["Message"]
            assert ended.arn in told["Message"]
        return ended

    def failed_on(self, content: bytes, **overrides: Any) -> Ended:
        """The same, of a run on this raw data."""
        return self.failed({"sources": {"answers.csv": {"uri": self.platform.upload(content)}}, **overrides})


@pytest.fixture
def faults(platform: DeployedPlatform, served: Hosted, inbox: Inbox) -> Faults:
    return Faults(platform, served, inbox)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            with_line(57, b"1,2,nine,4,5,6", sample(rows=300)),
            "line 57, column relaxing_activity: 'nine' is not a whole number from 1 to 8",
            id="a-word-for-a-number",
        ),
        pytest.param(
            with_line(57, b"1,2,3,4,5,12", sample(rows=300)),
            "line 57, column mysfit: '12' is not one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11",
            id="a-label-that-is-none",
        ),
        pytest.param(
            with_line(300, b"1,2,3", sample(rows=300)),
            "line 300: 3 columns, there must be 6 (age, ",
            id="a-line-cut-short",
        ),
        pytest.param(
            with_line(20, b"1,2,\xff,4,5,6", sample(rows=300)),
            "line 20, byte 5: 0xFF is not UTF-8",
            id="bytes-that-are-no-text",
        ),
        pytest.param(b"", "answers.csv is empty; its first line must be age,", id="empty-file"),
        pytest.param(HEADER, "answers.csv holds no records", id="header-only"),
        pytest.param(sample(rows=30), "30 data rows, 100 are the least allowed", id="too-few-rows"),
        pytest.param(sample(rows=300)[len(HEADER) :], "line 1: column age is missing, ", id="no-header"),
    ],
)
def test_data_that_can_not_be_used_is_named_by_place(faults: Faults, content: bytes, said: str) -> None:
    ended = faults.failed_on(content)
    assert ended.cause.startswith("Prepare failed")
    assert said in ended.cause
    assert "log group /aws/sagemaker/ProcessingJobs" in ended.cause


def test_a_metric_below_the_gate_registers_nothing(faults: Faults, platform: DeployedPlatform) -> None:
    ended = faults.failed_on(random_labels())
    assert ended.error == "GateNotPassed"
    assert "accuracy 0." in ended.cause
    assert "at least 0.45 asked; nothing was registered" in ended.cause
    report = ended.cause.partition("See ")[2]
    assert set(platform.artifacts(report)) == {
        "evaluation.json",
        "report.html",
        "sample.json",
        "serving.json",
    }


@pytest.mark.parametrize(
    ("hyperparameters", "said"),
    [
        pytest.param({"feature_dim": 7}, "line 1 has 6 values, expected 8", id="wrong-number-of-features"),
        pytest.param({"k": 1000}, "fewer than k = 1000", id="more-neighbours-than-rows"),
    ],
)
def test_training_that_fails_says_why(faults: Faults, hyperparameters: dict[str, Any], said: str) -> None:
    ended = faults.failed_on(sample(rows=300), hyperparameters=hyperparameters)
    assert ended.cause.startswith("Train failed")
    assert "Error" in ended.cause
    assert said in ended.cause
    assert "log group /aws/sagemaker/TrainingJobs, streams of ml-dev-mysfit-recommender-" in ended.cause


INVALID_INPUTS: list[Any] = [
    pytest.param({"hyperparameter": {}}, ["hyperparameter: unknown key"], id="unknown-key"),
    pytest.param(
        {"hyperparameters": {"k": 0, "index_type": "faiss.Tree", "neighbours": 3}},
        ['hyperparameters.k: "0"', "hyperparameters.index_type", "hyperparameters.neighbours"],
        id="hyperparameters",
    ),
    pytest.param(
        {
            "instances": {
                "training": {"instance_type": "ml.huge", "instance_count": 0, "disks": 1},
                "hosting": {},
            }
        },
        [
            "instances.training.instance_type",
            "instances.training.instance_count",
            "instances.training.disks",
            "instances.hosting",
        ],
        id="instances",
    ),
    pytest.param(
        {"sources": {"other.csv": {"uri": "s3://bucket/key"}, "answers.csv": {"uri": "http://a/b"}}},
        ["sources.other.csv: the workload has no such file", "sources.answers.csv.uri"],
        id="sources",
    ),
    pytest.param(
        {"surprise": 1, "hyperparameters": {"k": "ten"}, "sources": {"answers.csv": {"sha256": "abc"}}},
        [
            "surprise: unknown key",
            "hyperparameters.k",
            "sources.answers.csv.uri",
            "sources.answers.csv.sha256",
        ],
        id="all-at-once",
    ),
    pytest.param([], ["must be an object"], id="a-list"),
]


@pytest.mark.parametrize(("given", "named"), INVALID_INPUTS)
def test_an_invalid_input_is_refused_with_every_fault(faults: Faults, given: Any, named: list[str]) -> None:
    ended = faults.failed(given)
    assert ended.error == "InvalidExecutionInput"
    assert [fault for fault in named if fault not in ended.cause] == []


def test_data_with_another_checksum_is_refused(faults: Faults, platform: DeployedPlatform) -> None:
    uri = platform.upload(sample(rows=300))
    ended = faults.failed({"sources": {"answers.csv": {"uri": uri, "sha256": "0" * 64}}})
    assert ended.error == "ChecksumMismatch"
    assert f"{uri} has the SHA-256 " in ended.cause
    assert "0" * 64 in ended.cause


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        pytest.param(None, "SourceMissing", "answers.csv has no source", id="none"),
        pytest.param("{bucket}/uploads/nothing.csv", "SourceMissing", "doesn't exist", id="gone"),
        pytest.param("https://127.0.0.1/answers.csv", "SourceNotAllowed", "127.0.0.1", id="this-machine"),
    ],
)
def test_data_that_can_not_be_fetched_is_named(
    faults: Faults, platform: DeployedPlatform, source: str | None, error: str, said: str
) -> None:
    bucket = f"s3://{platform.outputs['DataBucketName']}"
    given = {"sources": {"answers.csv": {"uri": source.format(bucket=bucket)}}} if source else {}
    ended = faults.failed(given)
    assert ended.error == error
    assert said in ended.cause


def test_after_a_failed_run_the_next_one_succeeds(
    faults: Faults, platform: DeployedPlatform, happy: HappyRun
) -> None:
    faults.failed_on(HEADER)
    ended = platform.train(happy.source)
    assert ended.status == "SUCCEEDED"
    assert platform.deployment_of(ended.output["model_package_arn"]).status == "SUCCEEDED"
    assert platform.hosted().is_tidy()
