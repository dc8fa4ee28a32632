"""What is told when an alarm changes its state: the message to a topic, and the event's detail.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import datetime as dt
import functools
import json
from typing import Any

import botocore.session
from ministack.core.responses import get_account_id, get_region

Alarm = dict[str, Any]

_SETTINGS = ("Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold")


def precise_time(moment: float) -> str:
    """A point in time as alarms write it: `2026-11-21T19:00:00.000+0000`."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


@functools.cache
def region_name(region: str) -> str:
    """A region as people know it: `US East (N. Virginia)`."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    known = {name: about for partition in partitions for name, about in partition["regions"].items()}
    return str(known.get(region, {}).get("description", region))


def message(alarm: Alarm, former: str) -> str:
    """The JSON that subscribers of a topic get."""
    return json.dumps(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmDescription": alarm.get("AlarmDescription"),
            "AWSAccountId": get_account_id(),
            "AlarmConfigurationUpdatedTimestamp": precise_time(alarm["AlarmConfigurationUpdatedTimestamp"]),
            "NewStateValue": alarm["StateValue"],
            "NewStateReason": alarm["StateReason"],
            "StateChangeTime": precise_time(alarm["StateUpdatedTimestamp"]),
            "Region": region_name(get_region()),
            "AlarmArn": alarm["AlarmArn"],
            "OldStateValue": former,
            "OKActions": alarm.get("OKActions", []),
            "AlarmActions": alarm.get("AlarmActions", []),
            "InsufficientDataActions": alarm.get("InsufficientDataActions", []),
            "Trigger": _trigger(alarm),
        }
    )


def _trigger(alarm: Alarm) -> dict[str, Any]:
    if "AlarmRule" in alarm:
        return {"AlarmRule": alarm["AlarmRule"]}
    settings = {name: alarm[name] for name in _SETTINGS if name in alarm}
    settings["TreatMissingData"] = alarm.get("TreatMissingData", "missing")
    if "Metrics" in alarm:
        return {**settings, "Metrics": alarm["Metrics"]}
    percentile = alarm.get("ExtendedStatistic")
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": percentile}
        if percentile
        else {"StatisticType": "Statistic", "Statistic": str(alarm.get("Statistic")).upper()}
    )
    return {
        "MetricName": alarm.get("MetricName"),
        "Namespace": alarm.get("Namespace"),
        **statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": [
            {"value": each["Value"], "name": each["Name"]} for each in alarm.get("Dimensions") or ()
        ],
        **settings,
    }


def event_detail(alarm: Alarm, state: dict[str, Any], previous: dict[str, Any]) -> dict[str, Any]:
    """The detail of the event `CloudWatch Alarm State Change`."""
    configuration: dict[str, Any] = (
        {"alarmRule": alarm["AlarmRule"]} if "AlarmRule" in alarm else {"metrics": _metrics(alarm)}
    )
    if alarm.get("AlarmDescription"):
        configuration["description"] = alarm["AlarmDescription"]
    return {
        "alarmName": alarm["AlarmName"],
        "state": state,
        "previousState": previous,
        "configuration": configuration,
    }


def _metrics(alarm: Alarm) -> list[dict[str, Any]]:
    if "Metrics" not in alarm:
        stat = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
        metric_stat = {"metric": _metric(alarm), "period": alarm.get("Period"), "stat": stat}
        return [{"id": "m1", "metricStat": metric_stat, "returnData": True}]
    told = []
    for query in alarm["Metrics"]:
        one: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
        if "Expression" in query:
            one["expression"] = query["Expression"]
        else:
            stat = query["MetricStat"]
            one["metricStat"] = {
                "metric": _metric(stat["Metric"]),
                "period": stat["Period"],
                "stat": stat["Stat"],
            }
        told.append(one)
    return told


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": metric.get("Namespace"),
        "name": metric.get("MetricName"),
        "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()},
    }
