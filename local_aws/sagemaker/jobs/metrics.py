"""Metrics that SageMaker reads from a training job's log by regular expressions."""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any


class LogMetrics:
    """The values of each metric seen in a log, in their order, and the last of each."""

    def __init__(self, definitions: Iterable[Mapping[str, str]]) -> None:
        # The log shows a tab as #011, which the definitions of AWS's own algorithms count on.
        self._patterns = [(item["Name"], re.compile(item["Regex"])) for item in definitions]
        self._values: dict[str, dict[str, Any]] = {}
        # Every name is there from the start: others read this while it grows.
        self.values: dict[str, list[float]] = {name: [] for name, _ in self._patterns}

    def read(self, line: str) -> None:
        """Take in one line."""
        escaped = line.replace("\t", "#011")
        for name, pattern in self._patterns:
            match = pattern.search(line) or pattern.search(escaped)
            value = _number(match)
            if value is not None:
                self._values[name] = {"MetricName": name, "Value": value, "Timestamp": time.time()}
                self.values[name].append(value)

    def final(self) -> list[dict[str, Any]]:
        """The FinalMetricDataList."""
        return list(self._values.values())


def _number(match: re.Match[str] | None) -> float | None:
    if match is None or not match.groups():
        return None
    try:
        # AWS's own `(\S+)` for one metric of a line runs on over the escaped tab before the next.
        return float(match.group(1).partition("#011")[0])
    except (AttributeError, ValueError):
        return None
