import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli import training
from cli.errors import OperatorError
from cli.executions import Follower
from cli.platform import Platform
from cli.progress import Board
from settings.workload import Workload
from tests.unit.cli.stubbed_aws import (
    ARN,
    DEPLOYMENT_MACHINE,
    PACKAGE,
    TRAINING_MACHINE,
    StubbedTarget,
    expect_followed,
)

TRAINING = f"{ARN}:execution:training:one"
DEPLOYMENT = f"{ARN}:execution:deployment:two"
OLDER_DEPLOYMENT = f"{ARN}:execution:deployment:one"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def follower(target: StubbedTarget) -> Follower:
    return Follower(target, Board(Console(file=StringIO())), sleep=lambda _seconds: None)


def description(arn: str, status: str = "SUCCEEDED", **more: Any) -> dict[str, Any]:
    machine = TRAINING_MACHINE if arn == TRAINING else DEPLOYMENT_MACHINE
    return {"executionArn": arn, "stateMachineArn": machine, "status": status, "startDate": START, **more}


def expect_end(target: StubbedTarget, arn: str, status: str = "SUCCEEDED", **more: Any) -> None:
    expect_followed(target, description(arn, status, **more))


def expect_deployments(target: StubbedTarget, packages: dict[str, str]) -> None:
    items = [
        {
            "executionArn": arn,
            "stateMachineArn": DEPLOYMENT_MACHINE,
            "name": arn.rpartition(":")[2],
            "status": "RUNNING",
            "startDate": START,
        }
        for arn in packages
    ]
    asked = {"stateMachineArn": DEPLOYMENT_MACHINE, "maxResults": 50}
    target.expect("stepfunctions", "list_executions", {"executions": items}, asked)
    for arn, package in packages.items():
        event = json.dumps({"detail": {"ModelPackageArn": package}})
        target.expect(
            "stepfunctions",
            "describe_execution",
            description(arn, "RUNNING", input=event),
            {"executionArn": arn},
        )


def output(approval: str) -> str:
    metric = {"name": "accuracy", "value": 0.5871, "minimum": 0.45}
    return json.dumps(
        {"run": "r1", "metric": metric, "model_package_arn": PACKAGE, "approval_status": approval}
    )


def test_hyperparameters_are_read_and_checked_with_the_workloads_own(workload: Workload) -> None:
    assert training.parse_hyperparameters(workload, ["k=20", "index_type=faiss.IVFFlat"]) == {
        "k": "20",
        "index_type": "faiss.IVFFlat",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("k", "write name=value"),
        ("k=", "write name=value"),
        ("k=0", 'k: "0" is not allowed'),
        ("neighbours=3", "neighbours: unknown hyperparameter"),
    ],
)
def test_wrong_hyperparameters_are_refused_before_anything_starts(
    workload: Workload, text: str, said: str
) -> None:
    with pytest.raises(OperatorError) as raised:
        training.parse_hyperparameters(workload, [text])

    assert said in str(raised.value)


def test_instances_are_read() -> None:
    texts = ["training.instance_type=ml.m5.xlarge", "training.instance_count=2", "preparation.volume_gb=20"]

    assert training.parse_instances(texts) == {
        "training": {"instance_type": "ml.m5.xlarge", "instance_count": 2},
        "preparation": {"volume_gb": 20},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training=ml.m5.xlarge", "its job is one of preparation, training, transform, evaluation"),
        ("serving.instance_type=ml.m5.xlarge", "its job is one of"),
        ("training.memory=3", "its setting one of instance_type"),
        ("training.instance_type=ml.m5.huge", "ml.m5.huge"),
        ("training.instance_count=0", "instance_count is a whole number of at least 1"),
        ("training.volume_gb=1.5", "volume_gb is a whole number of at least 1"),
    ],
)
def test_wrong_instances_are_refused_before_anything_starts(text: str, said: str) -> None:
    with pytest.raises(OperatorError) as raised:
        training.parse_instances([text])

    assert said in str(raised.value)


def test_an_execution_is_given_only_what_is_overridden(platform: Platform, target: StubbedTarget) -> None:
    started = {"executionArn": TRAINING, "startDate": START}
    asked = {"stateMachineArn": TRAINING_MACHINE, "input": '{"hyperparameters": {"k": "20"}}'}
    target.expect("stepfunctions", "start_execution", started, asked)

    run_input = training.RunInput(hyperparameters={"k": "20"})

    assert training.start(platform, platform.workloads[0], run_input) == TRAINING


def test_a_run_that_is_approved_at_once_is_followed_into_its_deployment(
    platform: Platform, target: StubbedTarget, follower: Follower
) -> None:
    # Given a run that ends approved, and a deployment of another package besides its own
    expect_end(target, TRAINING, output=output("Approved"))
    expect_deployments(target, {OLDER_DEPLOYMENT: PACKAGE[:-1] + "2", DEPLOYMENT: PACKAGE})
    expect_end(target, DEPLOYMENT, output='{"outcome": "Deployed"}')

    # When it is followed
    result = training.run_to_end(platform, platform.workloads[0], TRAINING, follower)

    # Then the result names its own deployment
    assert result.deployment_arn == DEPLOYMENT
    assert str(result) == (
        f"mysfit_recommender: accuracy 0.5871, registered as {PACKAGE}. "
        "Endpoint ml-dev-mysfit-recommender serves it."
    )


def test_a_run_whose_endpoint_is_off_says_that_nothing_was_deployed(
    platform: Platform, target: StubbedTarget, follower: Follower
) -> None:
    expect_end(target, TRAINING, output=output("Approved"))
    expect_deployments(target, {DEPLOYMENT: PACKAGE})
    expect_end(target, DEPLOYMENT, output='{"outcome": "SwitchedOff"}')

    result = training.run_to_end(platform, platform.workloads[0], TRAINING, follower)

    assert "Endpoint ml-dev-mysfit-recommender is off and stays off." in str(result)
    assert f"./manage.py approve {PACKAGE}" in str(result)


def test_a_run_that_waits_for_approval_ends_with_how_to_approve_it(
    platform: Platform, target: StubbedTarget, follower: Follower
) -> None:
    expect_end(target, TRAINING, output=output("PendingManualApproval"))

    result = training.run_to_end(platform, platform.workloads[0], TRAINING, follower)

    assert result.deployment_arn is None
    assert f"./manage.py approve {PACKAGE}" in str(result)


def test_a_run_that_fails_says_why_and_where_to_look(
    platform: Platform, target: StubbedTarget, follower: Follower
) -> None:
    cause = "accuracy is 0.2, which is below 0.45"
    expect_end(target, TRAINING, "FAILED", error="GateNotPassed", cause=cause)

    with pytest.raises(OperatorError) as raised:
        training.run_to_end(platform, platform.workloads[0], TRAINING, follower)

    assert str(raised.value) == (
        f"Training mysfit_recommender failed (GateNotPassed): {cause}. "
        f"See the execution {TRAINING} and `./manage.py local logs`."
    )


def test_an_approval_that_starts_no_deployment_is_told(
    platform: Platform, target: StubbedTarget, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_DEPLOYMENT_STARTS_WITHIN_SECONDS", 0.0)
    expect_deployments(target, {})

    with pytest.raises(OperatorError, match="is approved, but no deployment has started"):
        training.follow_deployment(platform, platform.workloads[0], PACKAGE, follower)
