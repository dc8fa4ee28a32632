"""GetMetricData and GetMetricStatistics: series of metrics and metric math, by exact dimensions.

A request in the old Query protocol is answered by ministack, without metric math.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch

from local_aws.cloudwatch import measurements, queries, series
from local_aws.cloudwatch.queries import Evaluation, QueryError

HOOKS = (
    "ministack.services.cloudwatch:_cbor_datapoint",
    "ministack.services.cloudwatch:_cbor_metric_data_result",
    "ministack.services.cloudwatch:_cbor_ok",
    "ministack.services.cloudwatch:_error",
    "ministack.services.cloudwatch:_get_metric_data",
    "ministack.services.cloudwatch:_get_metric_statistics",
    "ministack.services.cloudwatch:_json_ok",
    "ministack.services.cloudwatch:_list_metrics",
    "ministack.services.cloudwatch:_parse_ts",
)

_MOST_DATAPOINTS = 1440

Body = dict[str, Any]
Answer = Callable[[Body], Body]
Handler = Callable[..., Any]


def install() -> None:
    """Put these operations in place of ministack's."""
    list_metrics = cloudwatch._list_metrics

    def list_all_metrics(*request: Any) -> Any:
        measurements.store()
        return list_metrics(*request)

    cloudwatch._list_metrics = list_all_metrics
    cloudwatch._get_metric_data = answering(
        _metric_data, cloudwatch._get_metric_data, "MetricDataResults", cloudwatch._cbor_metric_data_result
    )
    cloudwatch._get_metric_statistics = answering(
        _statistics, cloudwatch._get_metric_statistics, "Datapoints", cloudwatch._cbor_datapoint
    )


def answering(answer: Answer, original: Handler, member: str, in_cbor: Callable[[Body], Body]) -> Handler:
    """ministack's form of an operation whose answer has a list with points in time as `member`."""

    def handle(params: Any, body: Body, is_cbor: bool, is_json: bool = False) -> Any:
        measurements.store()
        if not (is_cbor or is_json):
            return original(params, body, is_cbor, is_json)
        try:
            found = answer(body)
        except QueryError as error:
            return cloudwatch._error("ValidationError", str(error), 400, use_json=is_json, use_cbor=is_cbor)
        if is_cbor:
            return cloudwatch._cbor_ok({**found, member: [in_cbor(each) for each in found[member]]})
        return cloudwatch._json_ok(found)

    return handle


def _metric_data(body: Body) -> Body:
    asked = body.get("MetricDataQueries") or []
    queries.check(asked)
    start, end = _range(body)
    period = max(queries.periods(asked))
    evaluation = Evaluation(asked, start // period * period, end)
    results = []
    for query in asked:
        value = evaluation.value(query["Id"])
        if query.get("ReturnData", True):
            results.extend(_results(query, value, oldest_first=body.get("ScanBy") == "TimestampAscending"))
    return {"MetricDataResults": results, "Messages": []}


def _results(query: Body, value: Any, *, oldest_first: bool) -> list[Body]:
    if isinstance(value, list):
        return [result for each in value for result in _results(query, each, oldest_first=oldest_first)]
    if not isinstance(value, dict):
        raise QueryError(f"Error in expression '{query['Expression']}': The result is not a time series")
    moments = sorted(value, reverse=not oldest_first)
    label = (
        query.get("Label") or query.get("MetricStat", {}).get("Metric", {}).get("MetricName") or query["Id"]
    )
    return [
        {
            "Id": query["Id"],
            "Label": label,
            "Timestamps": [_iso(moment) for moment in moments],
            "Values": [value[moment] for moment in moments],
            "StatusCode": "Complete",
        }
    ]


def _statistics(body: Body) -> Body:
    period = int(body.get("Period") or 60)
    start, end = _range(body)
    statistics = [*(body.get("Statistics") or ()), *(body.get("ExtendedStatistics") or ())]
    if not statistics:
        raise QueryError("Must specify either Statistics or ExtendedStatistics")
    if (end - start) / period > _MOST_DATAPOINTS:
        raise QueryError(
            f"You have requested up to {int((end - start) / period)} datapoints, which exceeds the limit of "
            f"{_MOST_DATAPOINTS:,}. You may reduce the datapoints requested by increasing Period, or "
            "decreasing the time range."
        )
    points: dict[float, Body] = {}
    for statistic in statistics:
        if not series.is_statistic(statistic):
            raise QueryError(f"The statistic {statistic} is not simulated")
        found = series.of_metric(body, statistic, body.get("Unit"), start // period * period, end, period)
        for moment, value in found.items():
            point = points.setdefault(moment, {"Timestamp": _iso(moment), "Unit": _unit(body)})
            holder = point if statistic in series.STATISTICS else point.setdefault("ExtendedStatistics", {})
            holder[statistic] = value
    return {"Label": body.get("MetricName"), "Datapoints": [points[moment] for moment in sorted(points)]}


def _unit(body: Body) -> str:
    key = (
        body.get("Namespace"),
        body.get("MetricName"),
        cloudwatch._dims_key(cloudwatch._dims_from_list(body.get("Dimensions") or [])),
    )
    points = cloudwatch._metrics.get(key) or [{}]
    return str(body.get("Unit") or points[0].get("Unit") or "None")


def _range(body: Body) -> tuple[float, float]:
    start, end = (cloudwatch._parse_ts(body.get(name)) for name in ("StartTime", "EndTime"))
    if start is None or end is None or start >= end:
        raise QueryError("The parameter StartTime must be less than the parameter EndTime")
    return float(start), float(end)


def _iso(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
