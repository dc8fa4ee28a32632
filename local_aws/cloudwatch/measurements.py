"""What services measure: taken down while a request is answered, put into the metrics a moment later.

Values of one second that are the same are one data point with a count, so that a load test doesn't fill the
memory.
As on AWS, seconds are kept for three hours, minutes for fifteen days.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch

HOOKS = (
    "ministack.core.responses:request_scope",
    "ministack.services.cloudwatch:_dims_key",
    "ministack.services.cloudwatch:_evict_old_metrics",
    "ministack.services.cloudwatch:_metric_bucket",
    "ministack.services.cloudwatch:_metrics",
    "ministack.services.cloudwatch:record_metric",
)

_SECONDS_KEPT = 3 * 3600.0
_MINUTES_KEPT = 15 * 24 * 3600.0

Dimensions = Mapping[str, str]


class Value(NamedTuple):
    """One measured value of a metric."""

    name: str
    value: float
    unit: str = "Count"


class _Taken(NamedTuple):
    moment: float
    scope: tuple[str, str]
    namespace: str
    dimension_sets: tuple[Dimensions, ...]
    values: tuple[Value, ...]


_taken: deque[_Taken] = deque()
_storing = threading.Lock()


def install() -> None:
    """Take ministack's own metrics down the same way, and leave it to `forget_old` to drop old ones."""

    def record_metric(
        namespace: str, name: str, value: float, unit: str = "None", dimensions: Dimensions | None = None
    ) -> None:
        record(namespace, (dimensions or {},), (Value(name, float(value), unit),))

    cloudwatch.record_metric = record_metric
    cloudwatch._evict_old_metrics = lambda: None


def record(
    namespace: str,
    dimension_sets: Iterable[Dimensions],
    values: Iterable[Value],
    moment: float | None = None,
) -> None:
    """Take values down, each under every set of dimensions, in the account and region of the request."""
    scope = (get_account_id(), get_region())
    _taken.append(_Taken(moment or time.time(), scope, namespace, tuple(dimension_sets), tuple(values)))


def significant(value: float) -> float:
    """A duration to three significant digits, so that few values differ."""
    return float(f"{value:.3g}")


def store() -> None:
    """Put what was taken down into the metrics."""
    with _storing:
        for (scope, namespace, dimensions, value, second), count in _counted().items():
            with request_scope(*scope):
                named = dict(dimensions)
                cloudwatch._metric_bucket((namespace, value.name, cloudwatch._dims_key(named))).append(
                    {
                        "Timestamp": float(second),
                        "Value": value.value,
                        "Count": float(count),
                        "Unit": value.unit,
                        "Dimensions": named,
                    }
                )


def _counted() -> Counter[tuple[tuple[str, str], str, tuple[tuple[str, str], ...], Value, int]]:
    counted: Counter[tuple[tuple[str, str], str, tuple[tuple[str, str], ...], Value, int]] = Counter()
    while _taken:
        taken = _taken.popleft()
        for dimensions in taken.dimension_sets:
            key = tuple(sorted(dimensions.items()))
            for value in taken.values:
                counted[taken.scope, taken.namespace, key, value, int(taken.moment)] += 1
    return counted


def forget_old() -> None:
    """Drop what is older than fifteen days, and make minutes of what is older than three hours."""
    now = time.time()
    with _storing:
        for key, points in list(cloudwatch._metrics.items()):
            recent = [point for point in points if point["Timestamp"] > now - _SECONDS_KEPT]
            older = [
                point for point in points if now - _MINUTES_KEPT < point["Timestamp"] <= now - _SECONDS_KEPT
            ]
            if recent or older:
                cloudwatch._metrics[key] = _by_minute(older) + recent
            else:
                del cloudwatch._metrics[key]


def _by_minute(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    merged: dict[tuple[float, float, str], dict[str, Any]] = {}
    kept = []
    for point in points:
        minute = point["Timestamp"] // 60 * 60
        if "_stat" in point:  # a published statistic set has no single value
            kept.append({**point, "Timestamp": minute})
            continue
        key = (minute, point["Value"], point["Unit"])
        first = merged.setdefault(key, {**point, "Timestamp": minute, "Count": 0.0})
        first["Count"] += point.get("Count", 1.0)
    return kept + list(merged.values())
