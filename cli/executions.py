"""Executions of state machines: started, followed state by state, and their result."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any, Final

from cli.errors import OperatorError, sentence
from cli.progress import Board, Line, Outcome
from cli.target import Target

# The states that do something; the others only steer.
_WORKING_STATES: Final = ("Task", "Parallel", "Map", "Fail")
_DETAIL_WIDTH: Final = 160
_STOPPED: Final = ("FAILED", "TIMED_OUT", "ABORTED")


@dataclass
class StateRun:
    """What became of one state; a state entered several times (polling, retrying) counts as one."""

    name: str
    entered: datetime
    exited: datetime | None = None
    fault: str = ""

    @property
    def outcome(self) -> Outcome:
        """How the state stands."""
        if self.exited is None:
            return Outcome.RUNNING
        return Outcome.FAILED if self.fault else Outcome.DONE


@dataclass(frozen=True)
class Execution:
    """An execution as it stands: `output` is what it succeeded with, `error` and `cause` why it failed."""

    arn: str
    status: str
    output: Mapping[str, Any]
    error: str = ""
    cause: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status not in {"RUNNING", "PENDING_REDRIVE"}


def read(client: Any, arn: str) -> Execution:
    """The execution as it stands now."""
    answer = client.describe_execution(executionArn=arn)
    return Execution(
        arn=arn,
        status=answer["status"],
        output=json.loads(answer["output"]) if answer.get("output") else {},
        error=answer.get("error", ""),
        cause=answer.get("cause", ""),
    )


def state_runs(events: Iterable[Mapping[str, Any]]) -> list[StateRun]:
    """The states of an execution in the order they were first entered, from its history.

    A fault that a retry overcame is forgotten; one that was caught stays with its state.
    """
    runs: dict[str, StateRun] = {}
    current: StateRun | None = None
    for event in events:
        kind, time_of_event = event["type"], event["timestamp"]
        if kind.endswith("StateEntered"):
            current = None
            if kind.startswith(_WORKING_STATES):
                name = event["stateEnteredEventDetails"]["name"]
                current = runs.setdefault(name, StateRun(name, time_of_event))
                current.exited, current.fault = None, ""
        elif kind.endswith("StateExited"):
            run = runs.get(event["stateExitedEventDetails"]["name"])
            if run is not None:
                run.exited = time_of_event
        elif current is not None:
            _apply(current, kind, event)
    return list(runs.values())


def _apply(run: StateRun, kind: str, event: Mapping[str, Any]) -> None:
    if kind.startswith("Execution") and run.exited is None:
        run.exited = event["timestamp"]
    if kind.endswith("Succeeded"):
        run.fault = ""
    elif kind.endswith(("Failed", "TimedOut", "Aborted")):
        details: Mapping[str, str] = next((event[key] for key in event if key.endswith("EventDetails")), {})
        error, reason = details.get("error", ""), reason_of(details.get("cause", ""))
        # The platform's own causes name the error already.
        run.fault = (reason if error in reason else f"{error}: {reason}".removesuffix(": ")) or kind


def reason_of(cause: str) -> str:
    """What a cause says: plain text, a job's description in JSON, or a function's error in JSON."""
    try:
        document = json.loads(cause)
    except ValueError:
        return cause
    told = document if isinstance(document, dict) else {}
    said = (told.get(key) for key in ("FailureReason", "ExitMessage", "errorMessage"))
    return " ".join(str(part) for part in said if part) or cause


def history(client: Any, arn: str) -> list[Mapping[str, Any]]:
    """Every event of the execution so far, oldest first, without the states' data."""
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=arn, includeExecutionData=False, PaginationConfig={"PageSize": 1000}
    )
    return [event for page in pages for event in page["events"]]


class Follower:
    """Follows executions on a board, each state as a line."""

    def __init__(self, target: Target, board: Board, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._target = target
        self._client = target.client("stepfunctions")
        self._poll_seconds = target.poll_seconds
        self._board = board
        self._sleep = sleep

    def follow(self, arn: str, title: str) -> Execution:
        """Show the execution's states, under `title`, until it ends, well or not."""
        while True:
            execution = read(self._client, arn)
            for run in state_runs(history(self._client, arn)):
                self._show(run, arn, title)
            if execution.is_over:
                return execution
            self._sleep(self._poll_seconds)

    def follow_to_success(self, arn: str, title: str, what: str) -> Execution:
        """As `follow`; `what` is being done, as in "Training mysfit_recommender".

        Raises:
            OperatorError: it failed; the text says why and where to look.
        """
        logs = "`./manage.py local logs`" if self._target.is_local else "the Step Functions console"
        return require_success(self.follow(arn, title), what, f"See the execution {arn} and {logs}.")

    def await_start(self, find: Callable[[], str | None], seconds: float) -> str | None:
        """Call `find` until it names an execution; None if it hasn't within `seconds`."""
        for _ in range(1 + int(seconds / self._poll_seconds)):
            arn = find()
            if arn is not None:
                return arn
            self._sleep(self._poll_seconds)
        return None

    def _show(self, run: StateRun, arn: str, title: str) -> None:
        end = run.exited or datetime.now(run.entered.tzinfo)
        line = Line(
            label=f"{title} · {run.name}",
            detail=shorten(sentence(run.fault), _DETAIL_WIDTH, placeholder=" …") if run.fault else "",
            outcome=run.outcome,
            seconds=max(0.0, (end - run.entered).total_seconds()),
        )
        self._board.show(f"{arn}/{run.name}", line)


def require_success(execution: Execution, what: str, see: str) -> Execution:
    """Return `execution` if it has succeeded.

    Raises:
        OperatorError: it has not; the text gives the cause and, in `see`, where to look.
    """
    if execution.status not in _STOPPED:
        return execution
    reasons = {"TIMED_OUT": "it took longer than it may", "ABORTED": "it was stopped"}
    cause = execution.cause.strip() or reasons.get(execution.status, "no cause was given")
    name = f" ({execution.error})" if execution.error not in cause else ""
    raise OperatorError(f"{what} failed{name}: {sentence(cause)} {see}")
