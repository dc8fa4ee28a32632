"""The embedded metric format: metrics that CloudWatch Logs finds in JSON lines with a member `_aws`.

Lines are read by the clock's thread; a line that isn't of the format is only a line, as on AWS.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch_logs

from local_aws.cloudwatch import measurements
from local_aws.cloudwatch.measurements import Value

HOOKS = ("ministack.services.cloudwatch_logs:_append_log_events",)

_MARK = '"_aws"'
_MOST_VALUES = 100

# Account and region, the event's time in milliseconds, its text.
_lines: deque[tuple[tuple[str, str], int, str]] = deque()


def install() -> None:
    """Look at every log event that is written."""
    append = cloudwatch_logs._append_log_events

    def append_log_events(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        append(stream, events)
        for event in events:
            if _MARK in event["message"]:
                _lines.append(((get_account_id(), get_region()), event["timestamp"], event["message"]))

    cloudwatch_logs._append_log_events = append_log_events


def extract() -> None:
    """Take down the metrics of the lines that were written since the last call."""
    while _lines:
        scope, milliseconds, line = _lines.popleft()
        with request_scope(*scope):
            _extract(line, milliseconds / 1000)


def _extract(line: str, written: float) -> None:
    try:
        document = json.loads(line)
        metadata = document["_aws"]
        moment = float(metadata.get("Timestamp", written * 1000)) / 1000
        for directive in metadata["CloudWatchMetrics"]:
            dimension_sets = [
                {name: str(document[name]) for name in names} for names in directive.get("Dimensions") or [[]]
            ]
            values = [value for metric in directive["Metrics"] for value in _values(metric, document)]
            measurements.record(directive["Namespace"], dimension_sets, values, moment)
    except (ValueError, TypeError, KeyError, AttributeError):
        return


def _values(metric: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Value]:
    found = document.get(metric["Name"])
    for value in (found if isinstance(found, list) else [found])[:_MOST_VALUES]:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield Value(metric["Name"], float(value), metric.get("Unit", "None"))
