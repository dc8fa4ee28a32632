import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli.errors import OperatorError
from cli.executions import Execution, Follower, require_success
from cli.progress import Board
from tests.unit.cli.execution_history import START, History
from tests.unit.cli.stubbed_aws import ARN, StubbedTarget, expect_followed

EXECUTION = f"{ARN}:execution:training:one"


@pytest.fixture
def shown() -> StringIO:
    return StringIO()


@pytest.fixture
def board(shown: StringIO) -> Board:
    return Board(Console(file=shown, width=200))


def description(status: str, **more: Any) -> dict[str, Any]:
    return {
        "executionArn": EXECUTION,
        "stateMachineArn": f"{ARN}:stateMachine:training",
        "status": status,
        "startDate": START,
        **more,
    }


def test_an_execution_is_followed_to_its_end(target: StubbedTarget, board: Board) -> None:
    # Given an execution that is running at first, then over
    history = History().enter("Ingest").exit("Ingest")
    slept: list[float] = []
    ended = description("SUCCEEDED", output=json.dumps({"run": "r1"}))
    expect_followed(target, description("RUNNING"), ended, events=history.events)

    # When it is followed
    execution = Follower(target, board, sleep=slept.append).follow(EXECUTION, "mysfits")

    # Then its result is there, after one pause
    assert execution == Execution(EXECUTION, "SUCCEEDED", {"run": "r1"})
    assert slept == [target.poll_seconds]


def test_a_fault_that_was_foreseen_is_shown_as_one(
    target: StubbedTarget, board: Board, shown: StringIO
) -> None:
    # Given an execution that goes on to its success after a fault
    states: dict[str, dict[str, Any]] = {
        "StopScaling": {
            "Type": "Task",
            "Catch": [{"ErrorEquals": ["NotFound"], "Next": "Delete"}],
            "Next": "Delete",
        },
        "Delete": {"Type": "Task", "Next": "Off"},
        "Off": {"Type": "Succeed"},
    }
    history = History().enter("StopScaling").fail("NotFound", "there is none").exit("StopScaling")
    history.enter("Delete").exit("Delete")
    expect_followed(target, description("SUCCEEDED"), events=history.events, states=states)

    # When it is followed
    Follower(target, board).follow(EXECUTION, "off")

    # Then the fault is no failure
    assert shown.getvalue().splitlines() == [
        "~ off · StopScaling (2.0 s) · goes on all the same: NotFound: there is none.",
        "✓ off · Delete (1.0 s)",
    ]


def test_waiting_for_an_execution_that_never_starts_ends(target: StubbedTarget, board: Board) -> None:
    slept: list[float] = []

    found = Follower(target, board, sleep=slept.append).await_start(lambda: None, seconds=2)

    assert found is None
    assert sum(slept) >= 2


@pytest.mark.parametrize(
    ("execution", "said"),
    [
        (
            Execution(EXECUTION, "FAILED", {}, "GateNotPassed", "accuracy 0.2\nis below 0.45."),
            "Training failed (GateNotPassed): accuracy 0.2 is below 0.45. Look there.",
        ),
        (
            Execution(EXECUTION, "FAILED", {}, "States.TaskFailed", "Train failed (States.TaskFailed): no"),
            "Training failed: Train failed (States.TaskFailed): no. Look there.",
        ),
        (Execution(EXECUTION, "TIMED_OUT", {}), "Training failed: it took longer than it may. Look there."),
        (Execution(EXECUTION, "ABORTED", {}), "Training failed: it was stopped. Look there."),
    ],
)
def test_a_failure_is_told_in_one_paragraph(execution: Execution, said: str) -> None:
    with pytest.raises(OperatorError) as raised:
        require_success(execution, "Training", "Look there.")

    assert str(raised.value) == said
