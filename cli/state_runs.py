"""What became of an execution's states, by its history and its state machine's definition."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cli.progress import Outcome

# The states that do something; the others only steer.
_WORKING_STATES: Final = ("Task", "Parallel", "Map", "Fail")
_BRANCHING_STATES: Final = ("Choice", "Pass")


@dataclass
class StateRun:
    """What became of one state; a state entered several times (polling, retrying) counts as one.

    `is_failure` is None while it isn't known whether the execution can still succeed after the fault.
    """

    name: str
    entered: datetime
    exited: datetime | None = None
    fault: str = ""
    is_failure: bool | None = None

    @property
    def outcome(self) -> Outcome:
        """How the state stands."""
        if self.exited is None or (self.fault and self.is_failure is None):
            return Outcome.RUNNING
        if not self.fault:
            return Outcome.DONE
        return Outcome.FAILED if self.is_failure else Outcome.CAUGHT

    def led_to(self, kind: str, *, hopeful: bool) -> None:
        """Learn what follows: a state of which kind, and whether the execution can succeed from there."""
        if self.is_failure is None and (not hopeful or not kind.startswith(_BRANCHING_STATES)):
            self.is_failure = not hopeful


def hopeful_states(definition: Mapping[str, Any]) -> Collection[str]:
    """The states from which an execution can still succeed; the others only lead to a failure.

    https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
    """
    states: Mapping[str, Mapping[str, Any]] = definition["States"]
    hopeful = {name for name, state in states.items() if state["Type"] == "Succeed" or state.get("End")}
    while True:
        found = {name for name, state in states.items() if not hopeful.isdisjoint(_following(state))}
        if found <= hopeful:
            return hopeful
        hopeful |= found


def _following(state: Mapping[str, Any]) -> Iterator[str]:
    branches = (*state.get("Choices", ()), *state.get("Catch", ()))
    yield from (branch["Next"] for branch in branches)
    yield from (state[key] for key in ("Next", "Default") if key in state)


def state_runs(events: Iterable[Mapping[str, Any]], hopeful: Collection[str]) -> list[StateRun]:
    """The states of an execution in the order they were first entered, from its history.

    A fault that a retry overcame is forgotten; one that was caught stays with its state. It is no failure
    where it leads to a state that is `hopeful`, from which the execution can succeed.
    """
    runs: dict[str, StateRun] = {}
    current: StateRun | None = None
    left: StateRun | None = None
    for event in events:
        kind, time_of_event = event["type"], event["timestamp"]
        if kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            if left is not None:
                left.led_to(kind, hopeful=name in hopeful)
            current = None
            if kind.startswith(_WORKING_STATES):
                current = runs.setdefault(name, StateRun(name, time_of_event))
                current.exited, current.fault, current.is_failure = None, "", None
        elif kind.endswith("StateExited"):
            run = runs.get(event["stateExitedEventDetails"]["name"])
            if run is not None:
                run.exited, left = time_of_event, run
        elif current is not None:
            _apply(current, kind, event)
    return list(runs.values())


def _apply(run: StateRun, kind: str, event: Mapping[str, Any]) -> None:
    if kind.startswith("Execution") and run.exited is None:
        run.exited, run.is_failure = event["timestamp"], True
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
