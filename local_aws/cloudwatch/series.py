"""A metric's statistic over time: one value for each period in which something was measured."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.services import cloudwatch

from local_aws.cloudwatch import measurements
from local_aws.cloudwatch.expressions import Series

HOOKS = (
    "ministack.services.cloudwatch:_calc_stats",
    "ministack.services.cloudwatch:_dims_from_list",
    "ministack.services.cloudwatch:_stat_value",
)

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(100(\.0+)?|\d{1,2}(\.\d+)?)")


def is_statistic(name: str) -> bool:
    """Whether a statistic is one that is computed here; trimmed means and their kin are not."""
    return name in STATISTICS or PERCENTILE.fullmatch(name) is not None


def of_metric(
    metric: Mapping[str, Any], statistic: str, unit: str | None, start: float, end: float, period: float
) -> Series:
    """The series of a metric (Namespace, MetricName, Dimensions) from `start` on, up to and without `end`.

    Periods begin at `start`. Dimensions are matched exactly, as each combination of them is a metric of its
    own.
    """
    measurements.store()
    dimensions = cloudwatch._dims_from_list(metric.get("Dimensions") or [])
    key = (metric.get("Namespace"), metric.get("MetricName"), cloudwatch._dims_key(dimensions))
    periods = defaultdict(list)
    for point in list(cloudwatch._metrics.get(key) or ()):
        if start <= point["Timestamp"] < end and unit in (None, point["Unit"]):
            periods[start + (point["Timestamp"] - start) // period * period].append(point)
    values = ((moment, value_of(points, statistic)) for moment, points in sorted(periods.items()))
    return {moment: value for moment, value in values if value is not None}


def value_of(points: Iterable[Mapping[str, Any]], statistic: str) -> float | None:
    """A statistic of some data points; None for a percentile that they don't have."""
    points = list(points)
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
    return None if value is None else float(value)
