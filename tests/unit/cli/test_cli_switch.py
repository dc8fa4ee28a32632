"""Switching endpoints off and on from the command line."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cli import switch
from cli.errors import OperatorError
from cli.executions import Follower
from cli.platform import Platform
from cli.progress import Board
from tests.unit.cli.stubbed_aws import (
    ARN,
    DEPLOYMENT_MACHINE,
    ENDPOINT,
    PACKAGE,
    PACKAGE_GROUP,
    SWITCH,
    StubbedTarget,
    expect_endpoint,
    expect_followed,
)

EXECUTION = f"{ARN}:execution:deployment:switch"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def follower(target: StubbedTarget) -> Follower:
    return Follower(target, Board(Console(file=io.StringIO())), sleep=lambda _: None)


def expect_execution(target: StubbedTarget, position: str, **end: str) -> None:
    """Announce that the deployment machine is started with a position of the switch, and how it ends."""
    started = {"stateMachineArn": DEPLOYMENT_MACHINE, "input": json.dumps({"switch": position})}
    answer = {"executionArn": EXECUTION, "startDate": START}
    target.expect("stepfunctions", "start_execution", answer, started)
    expect_followed(target, {**answer, "stateMachineArn": DEPLOYMENT_MACHINE, **end})


def expect_newest_approved(target: StubbedTarget, version: int) -> None:
    summary = {
        "ModelPackageArn": PACKAGE,
        "ModelPackageVersion": version,
        "CreationTime": START,
        "ModelPackageStatus": "Completed",
    }
    asked = {
        "ModelPackageGroupName": PACKAGE_GROUP,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "ModelApprovalStatus": "Approved",
        "MaxResults": 1,
    }
    target.expect("sagemaker", "list_model_packages", {"ModelPackageSummaryList": [summary]}, asked)


def test_off_says_what_on_brings_back(platform: Platform, target: StubbedTarget, follower: Follower) -> None:
    # Given
    expect_execution(target, "off", status="SUCCEEDED", output='{"outcome": "SwitchedOff"}')
    value = json.dumps({"config": f"{ENDPOINT}-0123456789ab", "package": PACKAGE, "approved_at": "2026"})
    target.expect("ssm", "get_parameters", {"Parameters": [{"Value": value}]}, {"Names": [SWITCH]})

    # When
    switched = switch.switch(platform, platform.workloads[0], "off", follower)

    # Then
    assert switched.document()["outcome"] == "SwitchedOff"
    assert str(switched) == (
        f"{ENDPOINT} is off and costs nothing. `./manage.py endpoint on mysfit_recommender` brings version 3 "
        "back."
    )


@pytest.mark.parametrize(("newest", "said"), [(3, False), (5, True)])
def test_on_says_what_serves_and_what_was_approved_meanwhile(
    platform: Platform, target: StubbedTarget, follower: Follower, newest: int, said: bool
) -> None:
    # Given
    expect_execution(target, "on", status="SUCCEEDED", output='{"outcome": "Deployed"}')
    expect_endpoint(target)
    expect_newest_approved(target, newest)

    # When
    switched = switch.switch(platform, platform.workloads[0], "on", follower)

    # Then
    assert str(switched).startswith(f"{ENDPOINT} is on and serves version 3.")
    assert ("`./manage.py approve mysfit_recommender:5` deploys it" in str(switched)) is said


def test_a_switch_that_fails_says_why(platform: Platform, target: StubbedTarget, follower: Follower) -> None:
    expect_execution(target, "off", status="FAILED", error="ServesNothing", cause="it is Failed")

    with pytest.raises(OperatorError, match=r"Switching off the endpoint .* failed \(ServesNothing\)"):
        switch.switch(platform, platform.workloads[0], "off", follower)
