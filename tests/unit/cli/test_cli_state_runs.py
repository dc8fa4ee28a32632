"""What became of an execution's states."""

import pytest

from cli.progress import Outcome
from cli.state_runs import hopeful_states, reason_of, state_runs
from tests.unit.cli.execution_history import History

HOPEFUL = ("Ingest", "Train", "IsThere", "Wait", "Evaluate")


def outcomes(history: History) -> dict[str, tuple[Outcome, str]]:
    return {run.name: (run.outcome, run.fault) for run in state_runs(history.events, HOPEFUL)}


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


def test_a_fault_after_which_the_execution_can_succeed_is_no_failure() -> None:
    history = History().enter("Train").fail("NotFound", "none").exit("Train").enter("Wait", "Wait")

    assert outcomes(history) == {"Train": (Outcome.CAUGHT, "NotFound: none")}


def test_whether_a_fault_is_a_failure_may_be_known_some_states_later() -> None:
    # Given a fault that leads to a choice
    history = History().enter("Train").fail("Busy", "later").exit("Train")
    history.enter("IsThere", "Choice").exit("IsThere", "Choice")

    # Then nothing is said, until it is chosen to fail
    assert outcomes(history) == {"Train": (Outcome.RUNNING, "Busy: later")}
    assert outcomes(history.enter("Fault", "Pass")) == {"Train": (Outcome.FAILED, "Busy: later")}


def test_a_failure_later_on_changes_nothing_about_a_fault_that_was_caught() -> None:
    history = History().enter("Train").fail("NotFound", "none").exit("Train")
    history.enter("Evaluate").fail("Broken", "no memory").exit("Evaluate").enter("Notify").exit("Notify")
    history.enter("Failed", "Fail").add("ExecutionFailed", executionFailedEventDetails={"error": "Broken"})

    assert outcomes(history) == {
        "Train": (Outcome.CAUGHT, "NotFound: none"),
        "Evaluate": (Outcome.FAILED, "Broken: no memory"),
        "Notify": (Outcome.DONE, ""),
        "Failed": (Outcome.FAILED, "Broken"),
    }


def test_a_fault_that_nothing_catches_is_a_failure() -> None:
    history = History().enter("Train").fail("Broken", "no memory")
    history.add("ExecutionFailed", executionFailedEventDetails={"error": "Broken", "cause": "no memory"})

    assert outcomes(history) == {"Train": (Outcome.FAILED, "Broken: no memory")}


def test_hopeful_states_are_those_from_which_an_execution_can_succeed() -> None:
    # Given a definition with choices, a catch that goes on, and one that ends in a failure
    lost = {"ErrorEquals": ["States.ALL"], "Next": "Notify"}
    definition = {
        "States": {
            "Ask": {"Type": "Task", "Catch": [lost], "Next": "Is"},
            "Is": {"Type": "Choice", "Choices": [{"Next": "Stop"}], "Default": "Refused"},
            "Stop": {
                "Type": "Task",
                "Catch": [{"ErrorEquals": ["Gone"], "Next": "Last"}, lost],
                "Next": "Notify",
            },
            "Last": {"Type": "Task", "End": True},
            "Refused": {"Type": "Pass", "Next": "Notify"},
            "Notify": {
                "Type": "Task",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No"}],
                "Next": "No",
            },
            "No": {"Type": "Fail"},
            "Yes": {"Type": "Succeed"},
        }
    }

    # Then
    assert hopeful_states(definition) == {"Ask", "Is", "Stop", "Last", "Yes"}


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
    history = History().enter("Train").fail(error, cause).exit("Train").enter("Notify")

    assert outcomes(history)["Train"] == (Outcome.FAILED, said)


def test_a_state_that_is_polled_counts_as_one() -> None:
    history = History()
    for _ in range(3):
        history.enter("DescribeEndpoint").exit("DescribeEndpoint")
        history.enter("WaitAWhile", "Wait").exit("WaitAWhile", "Wait")

    runs = state_runs(history.events, HOPEFUL)

    assert [run.name for run in runs] == ["DescribeEndpoint"]
    assert runs[0].exited is not None
    assert (runs[0].exited - runs[0].entered).total_seconds() == 9


def test_a_fail_state_ends_with_its_execution() -> None:
    history = History().enter("GateNotPassed", "Fail")
    history.add("ExecutionFailed", executionFailedEventDetails={"error": "GateNotPassed", "cause": "too low"})

    assert outcomes(history) == {"GateNotPassed": (Outcome.FAILED, "GateNotPassed: too low")}
