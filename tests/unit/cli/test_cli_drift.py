"""Comparing what an endpoint was asked, and delivering new data."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from rich.console import Console

from cli import delivery, drift
from cli.drift import Comparison
from cli.errors import OperatorError
from cli.executions import Follower
from cli.platform import Platform
from cli.progress import Board
from settings.monitoring import Monitoring
from settings.retraining import Retraining
from settings.workload import Workload
from tests.unit.cli.stubbed_aws import ARN, OUTPUTS, StubbedTarget, expect_followed

MACHINE = f"{ARN}:stateMachine:monitoring"
EXECUTION = f"{ARN}:execution:monitoring:1"
URI = "s3://artifacts/monitoring/mysfit_recommender/2026/11/21/drift.json"
DRIFT: dict[str, Any] = {
    "records": 400,
    "unreadable_records": 2,
    "minimum_records": 100,
    "baseline_records": 1000,
    "largest_distance": 0.2,
    "distance_by_chance": 0.11,
    "drifted": ["age"],
    "features": [
        {
            "name": name,
            "distance": distance,
            "baseline": {"missing": 0.0, "mean": 38.5, "minimum": 17, "median": 37, "maximum": 90},
            "captured": {"missing": 0.0, "mean": 51.25, "minimum": 20, "median": None, "maximum": 90},
        }
        for name, distance in (("age", 0.31), ("hours", 0.04))
    ],
}


@pytest.fixture
def watched(workload: Workload) -> Workload:
    monitoring = Monitoring(every="day", instance_type="ml.t3.medium")
    retraining = Retraining(on_new_data=True)
    return workload.model_copy(update={"monitoring": monitoring, "retraining": retraining})


@pytest.fixture
def platform(platform: Platform, target: StubbedTarget) -> Platform:
    own = {"MysfitRecommenderMonitoringStateMachineArn": MACHINE}
    outputs: dict[str, Mapping[str, str]] = {**OUTPUTS, "monitoring": own}
    return Platform(platform.environment, platform.workloads, target, outputs)


def _text(comparison: Comparison) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(drift.render(comparison))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_without_a_window_the_present_one_is_compared(
    platform: Platform, target: StubbedTarget, watched: Workload
) -> None:
    today = datetime.now(UTC).strftime("%Y/%m/%d")
    for given, expected in ((None, today), ("2026/11/20", "2026/11/20")):
        answer = {"executionArn": EXECUTION, "startDate": datetime(2026, 11, 21, tzinfo=UTC)}
        request = {"stateMachineArn": MACHINE, "input": json.dumps({"window": expected})}
        target.expect("stepfunctions", "start_execution", answer, request)
        assert drift.start(platform, watched, given) == EXECUTION


def test_an_endpoint_that_isnt_watched_is_named(platform: Platform, workload: Workload) -> None:
    with pytest.raises(
        OperatorError, match="Nothing watches mysfit_recommender in dev: give it a monitoring"
    ):
        drift.start(platform, workload, None)


def test_a_comparison_is_followed_and_shown(
    platform: Platform, target: StubbedTarget, watched: Workload
) -> None:
    # Given a comparison that has ended
    output = {"outcome": "Drift", "window": "2026/11/21", "drift_uri": URI}
    answer = {
        "executionArn": EXECUTION,
        "stateMachineArn": MACHINE,
        "status": "SUCCEEDED",
        "startDate": datetime(2026, 11, 21, tzinfo=UTC),
        "output": json.dumps(output),
    }
    expect_followed(target, answer)
    body = json.dumps(DRIFT).encode()
    stored = {"Body": StreamingBody(io.BytesIO(body), len(body))}
    key = URI.removeprefix("s3://artifacts/")
    target.expect("s3", "get_object", stored, {"Bucket": "artifacts", "Key": key})
    # When it is followed
    follower = Follower(target, Board(Console(file=io.StringIO())), sleep=lambda _: None)
    found = drift.run_to_end(platform, watched, EXECUTION, follower)
    # Then it is as the document says, and shown feature by feature
    assert found.document()["drift"] == DRIFT
    text = _text(found)
    assert "400 records and 2 that can't be read; 1 of 2 features have drifted" in text
    age, hours = (next(line for line in text.splitlines() if name in line) for name in ("age", "hours"))
    assert "0.310 drifted" in age
    assert all(figure in age for figure in ("38.5", "51.25", " - "))
    assert "drifted" not in hours


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("NothingServes", "no model to compare with"), ("NothingCaptured", "was asked nothing")],
)
def test_where_nothing_was_compared_that_is_said(outcome: str, said: str) -> None:
    assert said in _text(Comparison("taxi", outcome, "2026/11/21", None, None))


def test_few_records_are_said_to_tell_nothing() -> None:
    few = {**DRIFT, "records": 9, "drifted": []}
    assert "fewer than the 100 that can tell of drift" in _text(Comparison("taxi", "x", "d", URI, few))


def test_delivered_data_ends_with_the_object_that_starts_the_training(
    platform: Platform,
    target: StubbedTarget,
    watched: Workload,
    answers_csv: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given the uploads in their order
    put: list[str] = []
    client = target.client("s3")
    monkeypatch.setattr(client, "upload_file", lambda _path, _bucket, key: put.append(key))
    monkeypatch.setattr(client, "put_object", lambda Bucket, Key, Body: put.append(Key))  # noqa: N803, ARG005
    # When
    uri = delivery.deliver(platform, watched, answers_csv)
    # Then the marker comes last
    prefix = "uploads/mysfit_recommender/incoming/"
    assert uri == f"s3://data-bucket/{prefix}"
    assert put == [f"{prefix}answers.csv", f"{prefix}_SUCCESS"]


def test_delivering_to_what_isnt_listening_is_refused(
    platform: Platform, workload: Workload, answers_csv: Path
) -> None:
    with pytest.raises(OperatorError, match=r"starts no training .* set retraining.on_new_data, or use"):
        delivery.deliver(platform, workload, answers_csv)


def test_incomplete_data_is_not_delivered(platform: Platform, watched: Workload, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"lacks answers\.csv"):
        delivery.deliver(platform, watched, tmp_path)
