"""The environment's alarms that ring: what each is about, and since when."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cli.console import moment
from cli.platform import Platform


@dataclass(frozen=True)
class Ringing:
    """An alarm in the state ALARM; `about` is its description, which names what to do."""

    name: str
    about: str
    since: datetime

    def document(self) -> dict[str, Any]:
        """As a JSON document."""
        return asdict(self)

    def __str__(self) -> str:
        return f"ALARM since {moment(self.since)}: {self.about} ({self.name})"


def ringing(platform: Platform) -> list[Ringing]:
    """The environment's alarms that ring, by their names."""
    pages = platform.client("cloudwatch").get_paginator("describe_alarms")
    found = pages.paginate(StateValue="ALARM", AlarmNamePrefix=f"{platform.environment.prefix}-")
    return [
        Ringing(alarm["AlarmName"], alarm.get("AlarmDescription", ""), alarm["StateUpdatedTimestamp"])
        for page in found
        for alarm in page["MetricAlarms"]
    ]
