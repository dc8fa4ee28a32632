"""Executions of state machines: started, followed state by state, and their result."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any, Final

from cli.errors import OperatorError, sentence
from cli.progress import Board, Line, Outcome
from cli.state_runs import StateRun, hopeful_states, state_runs
from cli.target import Target

_DETAIL_WIDTH: Final = 160
_STOPPED: Final = ("FAILED", "TIMED_OUT", "ABORTED")


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
        machine = self._client.describe_state_machine_for_execution(executionArn=arn)
        hopeful = hopeful_states(json.loads(machine["definition"]))
        while True:
            execution = read(self._client, arn)
            for run in state_runs(history(self._client, arn), hopeful):
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
        caught = "goes on all the same: " if run.outcome is Outcome.CAUGHT else ""
        line = Line(
            label=f"{title} · {run.name}",
            detail=shorten(caught + sentence(run.fault), _DETAIL_WIDTH, placeholder=" …")
            if run.fault
            else "",
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
