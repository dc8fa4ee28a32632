"""Histories of executions, as Step Functions tells them."""

from datetime import UTC, datetime, timedelta
from typing import Any

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
