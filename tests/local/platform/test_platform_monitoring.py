"""The loop: new data trains, requests are watched, drift trains again, and a worse model is rejected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.local.platform.callers import acting_as_user
from tests.local.platform.conftest import Inbox
from tests.local.platform.deployed import (
    ENDPOINT,
    PASCAL,
    STUDIO_STACKS,
    WORKLOAD,
    DeployedPlatform,
    Ended,
    synthesize,
)
from tests.local.platform.raw_data import random_labels, sample
from tests.local.running import ALARM_MINUTE_SECONDS, LocalAws

STACKS = ("ml-dev-serving", "ml-dev-monitoring", *STUDIO_STACKS)
WATCHED = {
    # Nobody answers there: what drift starts comes to its ingestion.
    "data": {"files": [{"name": "answers.csv", "source": "https://data.invalid/answers.csv"}]},
    "gate": {"minimum": 0.01, "largest_regression": 0.05},
    "serving": {"type": "real_time", "instance_type": "ml.m5.large", "instance_count": 1},
    "monitoring": {"every": "hour", "instance_type": "ml.t3.medium", "minimum_records": 100},
    "retraining": {"on_new_data": True, "on_drift": True},
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPlatform]:
    """The platform with an endpoint on instances, whose requests are watched, and with Studio."""
    aws = LocalAws(tmp_path_factory.mktemp("watched"))
    aws.start("--alarm-minute", str(ALARM_MINUTE_SECONDS))
    try:
        deployed = DeployedPlatform(aws, synthesize(tmp_path_factory.mktemp("assembly"), WATCHED))
        deployed.bootstrap()
        deployed.deploy(STACKS)
        yield deployed
    finally:
        aws.kill()


@pytest.fixture(scope="module")
def trained(watched: DeployedPlatform, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The first training, which delivered data has started; its model serves."""
    run = deliver(watched, sample(), tmp_path_factory.mktemp("data"))
    assert run.status == "SUCCEEDED", run
    assert watched.deployment_of(run.output["model_package_arn"]).status == "SUCCEEDED"
    return run


def trainings(platform: DeployedPlatform) -> list[str]:
    machine = platform.outputs[f"{PASCAL}StateMachineArn"]
    listed = platform.client("stepfunctions").list_executions(stateMachineArn=machine)
    return [execution["executionArn"] for execution in listed["executions"]]


def deliver(platform: DeployedPlatform, data: bytes, folder: Path) -> Ended:
    """The end of the training that a delivery of this data starts."""
    before = set(trainings(platform))
    (folder / "answers.csv").write_bytes(data)
    delivered = platform.manage("deliver", WORKLOAD, str(folder))
    assert delivered.returncode == 0, delivered.stderr
    return platform.ended(started_since(platform, before))


def started_since(platform: DeployedPlatform, before: set[str]) -> str:
    [arn] = platform.until(lambda: set(trainings(platform)) - before, "no training was started")
    return str(arn)


def ask(platform: DeployedPlatform, rows: list[str]) -> str:
    """Ask the endpoint; gives the hour of the capture, once it is there."""
    bucket, prefix = platform.outputs["DataBucketName"], f"captures/{WORKLOAD}/{ENDPOINT}/AllTraffic/"
    s3 = platform.client("s3")

    def captures() -> set[str]:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {found["Key"] for found in listed}

    before = captures()
    runtime = platform.client("sagemaker-runtime")
    runtime.invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Body="\n".join(rows))
    [key] = platform.until(lambda: captures() - before, "nothing was captured")
    return "/".join(key.removeprefix(prefix).split("/")[:4])


def forget_captures(platform: DeployedPlatform) -> None:
    bucket = platform.outputs["DataBucketName"]
    s3 = platform.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="captures/").get("Contents", [])
    for found in listed:
        s3.delete_object(Bucket=bucket, Key=found["Key"])


def compare(platform: DeployedPlatform, window: str) -> dict[str, Any]:
    """What `manage.py drift` finds."""
    found: dict[str, Any] = platform.manage_json("drift", WORKLOAD, "--window", window)
    return found


def test_delivered_data_starts_a_training_on_it(watched: DeployedPlatform, trained: Ended) -> None:
    # Given the training that the delivery has started
    bucket = watched.outputs["DataBucketName"]
    uri = f"s3://{bucket}/uploads/{WORKLOAD}/incoming/answers.csv"
    # Then it ran on what was delivered, and its model serves
    assert trained.given == {"sources": {"answers.csv": {"uri": uri}}}
    hosted = watched.hosted()
    assert hosted.is_tidy()
    assert hosted.package == trained.output["model_package_arn"]


@pytest.mark.usefixtures("trained")
def test_before_anything_is_asked_there_is_nothing_to_compare(watched: DeployedPlatform) -> None:
    assert compare(watched, "2020/01/01/00")["outcome"] == "NothingCaptured"


@pytest.mark.usefixtures("trained")
def test_requests_like_the_test_set_have_not_drifted(watched: DeployedPlatform) -> None:
    # Given requests with answers of people like those that the model was tested on
    forget_captures(watched)  # the smoke prediction's
    rows = [line.rpartition(",")[0] for line in sample(400, seed=9).decode().splitlines()[1:]]
    hour = ask(watched, rows)
    # When they are compared
    found = compare(watched, hour)
    # Then no feature has drifted
    assert (found["outcome"], found["drift"]["records"]) == ("NoDrift", 400)
    assert found["drift"]["drifted"] == []
    assert len(found["drift"]["features"]) == 5


@pytest.mark.usefixtures("trained")
def test_drift_is_told_and_starts_a_training(watched: DeployedPlatform) -> None:
    inbox = Inbox(watched)
    before = set(trainings(watched))
    # Given requests in which everybody answers the first question alike
    forget_captures(watched)
    rows = [
        "1," + line.split(",", 1)[1].rpartition(",")[0]
        for line in sample(400, seed=9).decode().splitlines()[1:]
    ]
    hour = ask(watched, rows)
    # When they are compared
    found = compare(watched, hour)
    # Then the one feature has drifted
    assert (found["outcome"], found["drift"]["drifted"]) == ("Drift", ["age"])
    # And the alarm goes off, the topic tells it, and a training starts with the workload's own settings
    arn = started_since(watched, before)
    assert watched.ended(arn).given == {}
    subjects: list[str] = []

    def alarm_is_told() -> bool:
        subjects.extend(message["Subject"] for message in inbox.messages())
        return any(subject.startswith("ALARM") for subject in subjects)

    watched.until(alarm_is_told, "the topic told no alarm")
    # And while the alarm stays, another comparison starts none
    before = set(trainings(watched))
    assert compare(watched, hour)["outcome"] == "Drift"
    assert set(trainings(watched)) == before


@pytest.mark.usefixtures("trained")
def test_too_few_requests_tell_nothing(watched: DeployedPlatform) -> None:
    forget_captures(watched)
    found = compare(watched, ask(watched, ["1,1,1,1,1"] * 20))
    assert (found["outcome"], found["drift"]["drifted"]) == ("TooFewRecords", [])


@pytest.mark.usefixtures("trained")
def test_a_worse_model_is_rejected_and_the_better_serves_on(
    watched: DeployedPlatform, tmp_path: Path
) -> None:
    before = watched.hosted()
    # When data is delivered that can't be learned from, though its model is above the gate's minimum
    run = deliver(watched, random_labels(), tmp_path)
    # Then it is rejected, by comparison with the approved one
    assert (run.status, run.error) == ("FAILED", "GateNotPassed")
    assert "the newest approved model has" in run.cause
    assert "at most 0.05 worse asked" in run.cause
    # And what serves is what served
    assert watched.hosted() == before


def test_a_comparison_says_what_was_wrong_with_its_window(watched: DeployedPlatform) -> None:
    done = watched.manage("drift", WORKLOAD, "--window", "yesterday")
    assert done.returncode != 0
    assert "it is a day or an hour in UTC like" in done.stderr


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("name", ["data-scientist", "lead"])
def test_people_in_studio_compare_too(watched: DeployedPlatform, name: str) -> None:
    hour = ask(watched, ["1,1,1,1,1"] * 20)
    person = acting_as_user(watched, name)
    done = watched.manage("drift", WORKLOAD, "--window", hour, "--json", credentials=person.credentials)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["drift"]["records"] >= 20


@pytest.mark.usefixtures("trained")
def test_the_present_hour_is_what_is_compared_without_a_window(watched: DeployedPlatform) -> None:
    found = watched.manage_json("drift", WORKLOAD)
    assert found["window"].startswith(datetime.now(UTC).strftime("%Y/%m/%d"))
