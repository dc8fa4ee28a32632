"""An alarm's state from its data points, and the reason that is told for it."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.cloudwatch import notices, queries, series
from local_aws.cloudwatch.expressions import Series
from local_aws.cloudwatch.missing_data import State, decide
from local_aws.cloudwatch.queries import Evaluation, QueryError

Alarm = Mapping[str, Any]

# AWS looks at some more periods than an alarm has, and doesn't say how many; its examples have two more.
MORE_PERIODS = 2

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Verdict:
    """The state that an alarm should be in, and why."""

    state: State
    reason: str
    data: dict[str, Any]


def judge(alarm: Alarm, now: float, seconds_of_a_minute: float) -> Verdict | None:
    """What an alarm's data say at `now`, the end of a period; None if its state is to be kept."""
    period = period_of(alarm)
    length = period * seconds_of_a_minute / 60
    count = alarm["EvaluationPeriods"] + MORE_PERIODS
    start = now - count * length
    try:
        found = _series(alarm, start, now, seconds_of_a_minute)
    except QueryError as error:
        return Verdict("INSUFFICIENT_DATA", f"The alarm can't be evaluated: {error}", {"version": "1.0"})
    moments = [start + index * length for index in range(count)]
    points = [found.get(moment) for moment in moments]
    decided = decide(
        [None if point is None else breaches(alarm, point) for point in points],
        periods=alarm["EvaluationPeriods"],
        needed=alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        missing=alarm.get("TreatMissingData", "missing"),
    )
    if decided is None:
        return None
    return Verdict(decided, *_explained(alarm, decided, list(zip(moments, points, strict=True)), period))


def period_of(alarm: Alarm) -> int:
    """The seconds of one data point of an alarm."""
    if "Metrics" not in alarm:
        return int(alarm["Period"])
    return max(queries.periods(alarm["Metrics"]))


def breaches(alarm: Alarm, value: float) -> bool:
    """Whether a value is on the wrong side of an alarm's threshold."""
    compare, _ = _COMPARISONS[alarm["ComparisonOperator"]]
    return compare(value, alarm["Threshold"])


def _series(alarm: Alarm, start: float, end: float, seconds_of_a_minute: float) -> Series:
    if "Metrics" not in alarm:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
        length = alarm["Period"] * seconds_of_a_minute / 60
        return series.of_metric(alarm, statistic, alarm.get("Unit"), start, end, length)
    evaluation = Evaluation(alarm["Metrics"], start, end, seconds_of_a_minute=seconds_of_a_minute)
    returned = next(query["Id"] for query in alarm["Metrics"] if query.get("ReturnData", True))
    value = evaluation.value(returned)
    if not isinstance(value, dict):
        raise QueryError(f"{returned} is not one time series")
    return value


def _explained(
    alarm: Alarm, state: State, points: list[tuple[float, float | None]], period: int
) -> tuple[str, dict[str, Any]]:
    real = [(moment, value) for moment, value in points if value is not None][-alarm["EvaluationPeriods"] :]
    data = {
        "version": "1.0",
        "period": period,
        "recentDatapoints": [value for _, value in real],
        "threshold": alarm["Threshold"],
        "evaluatedDatapoints": [
            {"timestamp": notices.precise_time(moment), "value": value} for moment, value in reversed(real)
        ],
    }
    if state == "INSUFFICIENT_DATA":
        return "Insufficient Data: no datapoints were received in the evaluation range.", data
    if not real:
        count = alarm["EvaluationPeriods"]
        treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}[alarm["TreatMissingData"]]
        reason = (
            f"no datapoints were received for {count} periods and {count} missing datapoints were treated as"
        )
        return f"Threshold Crossed: {reason} [{treated}].", data
    return f"Threshold Crossed: {_crossed(alarm, state, real)}", data


def _crossed(alarm: Alarm, state: State, real: list[tuple[float, float]]) -> str:
    _, words = _COMPARISONS[alarm["ComparisonOperator"]]
    wanted = state == "ALARM"
    agreeing = [(moment, value) for moment, value in real if breaches(alarm, value) is wanted]
    listed = ", ".join(f"{value} ({_short(moment)})" for moment, value in reversed(agreeing))
    count = f"{len(agreeing)} out of the last {len(real)} datapoints"
    verb = "was" if len(agreeing) == 1 else "were"
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    least = needed if wanted else alarm["EvaluationPeriods"] - needed + 1
    change = "OK -> ALARM" if wanted else "ALARM -> OK"
    negated = "" if wanted else "not "
    return (
        f"{count} [{listed}] {verb} {negated}{words} the threshold ({float(alarm['Threshold'])}) "
        f"(minimum {least} datapoint{'s' if least > 1 else ''} for {change} transition)."
    )


def _short(moment: float) -> str:
    year, month, day = notices.precise_time(moment)[:10].split("-")
    return f"{day}/{month}/{year[2:]} {notices.precise_time(moment)[11:19]}"
