import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli.errors import OperatorError
from cli.executions import Execution, Follower, reason_of, require_success, state_runs
from cli.progress import Board, Outcome
from tests.unit.cli.stubbed_aws import ARN, StubbedTarget

EXECUTION = f"{ARN}:execution:training:one"
START = datetime(2026, 1, 1, tzinfo=UTC)


class History:
    """Builds the events of an execution, one second apart."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, **details: Any) -> "History":
        number = len(self.events) + 1
        time = START + timedelta(seconds=number)
        self.events.append({"id": number, "type": kind, "timestamp": time, **details})
        return self

    def enter(self, name: str, kind: str = "Task") -> "History":
        return self.add(f"{kind}StateEntered", stateEnteredEventDetails={"name": name})

    def exit(self, name: str, kind: str = "Task") -> "History":
        return self.add(f"{kind}StateExited", stateExitedEventDetails={"name": name})

    def fail(self, error: str, cause: str) -> "History":
        details = {"resourceType": "sagemaker", "resource": "r", "error": error, "cause": cause}
        return self.add("TaskFailed", taskFailedEventDetails=details)


def outcomes(history: History) -> dict[str, tuple[Outcome, str]]:
    return {run.name: (run.outcome, run.fault) for run in state_runs(history.events)}


def test_states_are_running_until_they_are_left() -> None:
    history = History().enter("Ingest").exit("Ingest").enter("Train")

    assert outcomes(history) == {"Ingest": (Outcome.DONE, ""), "Train": (Outcome.RUNNING, "")}


def test_states_that_only_steer_are_left_out() -> None:
    history = History().enter("Gate", "Choice").exit("Gate", "Choice").enter("Done", "Succeed")

    assert outcomes(history) == {}


def test_a_fault_that_was_caught_stays_with_its_state() -> None:
    history = (
        History().enter("Train").fail("Broken", "no memory").exit("Train").enter("Notify").exit("Notify")
    )

    assert outcomes(history) == {
        "Train": (Outcome.FAILED, "Broken: no memory"),
        "Notify": (Outcome.DONE, ""),
    }


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            '{"FailureReason": "AlgorithmError: no memory", "TrainingJobName": "x"}',
            "AlgorithmError: no memory",
        ),
        (
            '{"FailureReason": "AlgorithmError: exit 1", "ExitMessage": "line 3"}',
            "AlgorithmError: exit 1 line 3",
        ),
        ('{"errorMessage": "too large", "errorType": "SourceTooLarge"}', "too large"),
        ('{"unknown": 1}', '{"unknown": 1}'),
        ("[1]", "[1]"),
        ("plain words", "plain words"),
        ("", ""),
    ],
)
def test_a_cause_is_told_in_words(cause: str, said: str) -> None:
    assert reason_of(cause) == said


def test_a_fault_that_a_retry_overcame_is_forgotten() -> None:
    history = History().enter("Train").fail("Throttled", "later").add("TaskSucceeded").exit("Train")

    assert outcomes(history) == {"Train": (Outcome.DONE, "")}


@pytest.mark.parametrize(
    ("error", "cause", "said"),
    [
        ("States.TaskFailed", '{"FailureReason": "no memory"}', "States.TaskFailed: no memory"),
        ("GateNotPassed", "Gate failed (GateNotPassed): too low", "Gate failed (GateNotPassed): too low"),
        ("States.Timeout", "", "States.Timeout"),
    ],
)
def test_a_fault_names_its_error_once(error: str, cause: str, said: str) -> None:
    history = History().enter("Train").fail(error, cause).exit("Train")

    assert outcomes(history)["Train"] == (Outcome.FAILED, said)


def test_a_state_that_is_polled_counts_as_one() -> None:
    history = History()
    for _ in range(3):
        history.enter("DescribeEndpoint").exit("DescribeEndpoint")
        history.enter("WaitAWhile", "Wait").exit("WaitAWhile", "Wait")

    runs = state_runs(history.events)

    assert [run.name for run in runs] == ["DescribeEndpoint"]
    assert runs[0].exited is not None
    assert (runs[0].exited - runs[0].entered).total_seconds() == 9


def test_a_fail_state_ends_with_its_execution() -> None:
    history = History().enter("GateNotPassed", "Fail")
    history.add("ExecutionFailed", executionFailedEventDetails={"error": "GateNotPassed", "cause": "too low"})

    assert outcomes(history) == {"GateNotPassed": (Outcome.FAILED, "GateNotPassed: too low")}


@pytest.fixture
def board() -> Board:
    return Board(Console(file=StringIO()))


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
    asked = {"executionArn": EXECUTION, "includeExecutionData": False, "maxResults": 1000}
    slept: list[float] = []
    for answer in (description("RUNNING"), description("SUCCEEDED", output=json.dumps({"run": "r1"}))):
        target.expect("stepfunctions", "describe_execution", answer, {"executionArn": EXECUTION})
        target.expect("stepfunctions", "get_execution_history", {"events": history.events}, asked)

    # When it is followed
    execution = Follower(target, board, sleep=slept.append).follow(EXECUTION, "mysfits")

    # Then its result is there, after one pause
    assert execution == Execution(EXECUTION, "SUCCEEDED", {"run": "r1"})
    assert slept == [target.poll_seconds]


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
