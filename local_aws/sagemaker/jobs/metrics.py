"""Metrics that SageMaker reads from a training job's log by regular expressions."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any


class LogMetrics:
    """The values of each metric seen in a log, in their order, and the last of each."""

    def __init__(self, definitions: Iterable[Mapping[str, str]]) -> None:
        # The log shows a tab as #011, which the definitions of AWS's own algorithms count on.
        self._finders = [(item["Name"], _finder(item["Regex"])) for item in definitions]
        self._values: dict[str, dict[str, Any]] = {}
        # Every name is there from the start: others read this while it grows.
        self.values: dict[str, list[float]] = {name: [] for name, _ in self._finders}

    def read(self, line: str) -> None:
        """Take in one line."""
        escaped = line.replace("\t", "#011")
        for name, find in self._finders:
            match = find(line) or find(escaped)
            value = _number(match)
            if value is not None:
                self._values[name] = {"MetricName": name, "Value": value, "Timestamp": time.time()}
                self.values[name].append(value)

    def final(self) -> list[dict[str, Any]]:
        """The FinalMetricDataList."""
        return list(self._values.values())


def _finder(regex: str) -> Callable[[str], re.Match[str] | None]:
    """How to find a regular expression in a line. One that begins with `.*` is found at the line's start or
    nowhere; to look from every other place, too, takes five times as long."""
    pattern = re.compile(regex)
    return pattern.match if regex.startswith(".*") else pattern.search


def _number(match: re.Match[str] | None) -> float | None:
    if match is None or not match.groups():
        return None
    try:
        # AWS's own `(\S+)` for one metric of a line runs on over the escaped tab before the next.
        return float(match.group(1).partition("#011")[0])
    except (AttributeError, ValueError):
        return None
