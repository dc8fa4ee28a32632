"""Alarms are evaluated by their dimensions, period by period, and tell of it."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.alarm_watch import ABOVE_FIVE, PERIODS, SECONDS, Queue, Watched
from tests.local.running import ACCOUNT, Deploy, LocalAws, StackFailed, until

CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}


@pytest.fixture
def alarm(local_aws: LocalAws, name: str) -> Watched:
    return Watched(local_aws, name)


def publishing(topic: str, **condition: Any) -> str:
    allowed = {"Effect": "Allow", "Principal": CLOUDWATCH, "Action": "sns:Publish", "Resource": topic}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, **condition}]})


def test_an_alarm_counts_its_own_dimensions_only_and_tells_topic_and_bus(
    local_aws: LocalAws, alarm: Watched
) -> None:
    # Given a queue that hears a topic, and one that hears the alarm's events
    sns, events = local_aws.client("sns"), local_aws.client("events")
    told, seen = Queue(local_aws, f"{alarm.name}-told"), Queue(local_aws, f"{alarm.name}-seen")
    topic = sns.create_topic(Name=alarm.name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=told.arn)
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail": {"alarmName": [alarm.name], "state": {"value": ["ALARM"]}},
    }
    events.put_rule(Name=alarm.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=alarm.name, Targets=[{"Id": "queue", "Arn": seen.arn}])
    alarm.put(AlarmActions=[topic], AlarmDescription="What happened, and where to look")
    assert alarm.described()["StateValue"] == "INSUFFICIENT_DATA"
    # When another service has faults
    alarm.feed(100, service="another")
    # Then nothing happens
    alarm.stays("INSUFFICIENT_DATA")
    # When its own has
    described = alarm.comes_to("ALARM", feeding=50)
    # Then the reason tells the data, and topic, bus and history the change
    assert "(5.0) (minimum 1 datapoint for OK -> ALARM transition)" in described["StateReason"]
    envelope = told.next()
    assert envelope["Subject"] == f'ALARM: "{alarm.name}" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert message["NewStateValue"] == "ALARM"
    assert message["OldStateValue"] == "INSUFFICIENT_DATA"
    assert message["AlarmDescription"] == "What happened, and where to look"
    assert message["Trigger"]["Dimensions"] == [{"name": "service", "value": alarm.name}]
    event = seen.next()
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [described["AlarmArn"]]
    [metric] = event["detail"]["configuration"]["metrics"]
    assert metric["metricStat"]["metric"]["dimensions"] == {"service": alarm.name}
    assert alarm.history("StateUpdate")[0]["HistorySummary"].endswith("from INSUFFICIENT_DATA to ALARM")
    assert alarm.history("Action")[0]["HistorySummary"] == f"Successfully executed action {topic}"
    # And it recovers by itself
    alarm.comes_to("OK", feeding=0)


def test_missing_data_counts_as_the_alarm_says(local_aws: LocalAws, name: str) -> None:
    # Given alarms that get no data at all
    expected = {"breaching": "ALARM", "notBreaching": "OK", "missing": "INSUFFICIENT_DATA"}
    alarms = {each: Watched(local_aws, f"{name}-{each}") for each in expected}
    for treatment, each in alarms.items():
        each.put(TreatMissingData=treatment)
    # Then each comes where it should
    for treatment, each in alarms.items():
        each.comes_to(expected[treatment])


def test_an_alarm_waits_for_as_many_periods_as_it_is_told(alarm: Watched) -> None:
    # Given one that needs three of three
    alarm.put(EvaluationPeriods=3, TreatMissingData="notBreaching")
    alarm.comes_to("OK")
    # When there is a fault for a moment
    alarm.feed(50)
    # Then it says nothing; only when the fault goes on
    alarm.stays("OK")
    assert len(json.loads(alarm.comes_to("ALARM", feeding=50)["StateReasonData"])["recentDatapoints"]) == 3


def test_a_state_that_was_set_lasts_until_the_next_evaluation(local_aws: LocalAws, alarm: Watched) -> None:
    # Given an alarm that is in order
    alarm.put(TreatMissingData="notBreaching")
    alarm.comes_to("OK")
    # When its state is set
    local_aws.client("cloudwatch").set_alarm_state(
        AlarmName=alarm.name, StateValue="ALARM", StateReason="a drill"
    )
    # Then it has it, and loses it again
    assert alarm.history("StateUpdate")[0]["HistorySummary"] == "Alarm updated from OK to ALARM"
    alarm.comes_to("OK")


@pytest.mark.parametrize("open_to", ["nobody", "another alarm", "a topic without its key"])
def test_a_topic_that_cloudwatch_may_not_use_stays_silent_and_the_history_says_why(
    local_aws: LocalAws, alarm: Watched, open_to: str
) -> None:
    # Given a topic, or its key, that doesn't let this alarm in
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm"
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:{alarm.name}"
    attributes = {"Policy": publishing(topic, Condition={"ArnLike": {"aws:SourceArn": f"{arn}:*"}})}
    said = "not authorized to perform: SNS:Publish"
    if open_to == "nobody":
        attributes["Policy"] = publishing(topic).replace("cloudwatch.", "budgets.")
    elif open_to == "another alarm":
        attributes["Policy"] = publishing(topic, Condition={"ArnLike": {"aws:SourceArn": f"{arn}:other"}})
    else:
        attributes["KmsMasterKeyId"] = local_aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
        said = "does not have authorization to access the SNS topic encryption key"
    local_aws.client("sns").create_topic(Name=alarm.name, Attributes=attributes)
    alarm.put(AlarmActions=[topic])
    # When it goes off
    alarm.comes_to("ALARM", feeding=50)
    # Then
    [action] = until(lambda: alarm.history("Action"), "nothing was done")
    assert said in action["HistorySummary"]


def test_a_templates_alarm_may_use_metric_math(local_aws: LocalAws, deploy: Deploy, alarm: Watched) -> None:
    # Given an alarm on a share of requests, with numbers as text as CloudFormation allows
    def metric(query_id: str, name: str) -> dict[str, Any]:
        found = {"Namespace": "Test", "MetricName": name, "Dimensions": alarm.dimensions}
        stat = {"Metric": found, "Period": "60", "Stat": "Sum"}
        return {"Id": query_id, "MetricStat": stat, "ReturnData": "false"}

    properties = {
        "AlarmName": alarm.name,
        "EvaluationPeriods": "1",
        **ABOVE_FIVE,
        "Threshold": "10",
        "Metrics": [
            metric("faults", "faults"),
            metric("requests", "requests"),
            {"Id": "share", "Expression": "IF(faults >= 5, 100 * faults / requests, 0)", "Label": "Share"},
        ],
    }
    resources = {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}
    outputs = deploy(alarm.name, resources, {"Arn": {"Fn::GetAtt": ["Alarm", "Arn"]}})
    assert outputs["Arn"] == alarm.described()["AlarmArn"]
    # When there are enough faults
    client = local_aws.client("cloudwatch")
    deadline = time.monotonic() + SECONDS
    while alarm.described()["StateValue"] != "ALARM" and time.monotonic() < deadline:
        data = [
            {"MetricName": each, "Dimensions": alarm.dimensions, "Value": 50.0}
            for each in ("faults", "requests")
        ]
        client.put_metric_data(Namespace="Test", MetricData=data)
        time.sleep(0.1)
    # Then it goes off, for the share
    assert "[100.0 (" in alarm.described()["StateReason"]
    # And an update changes it, unless it is wrong
    properties["Threshold"] = "20"
    deploy(alarm.name, resources)
    assert alarm.described()["Threshold"] == 20
    properties["Metrics"][2]["Expression"] = "unknown + 1"  # type: ignore[index]
    with pytest.raises(StackFailed, match="not defined"):
        deploy(alarm.name, resources)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"EvaluationPeriods": 1441}, "across more than 1 days"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"TreatMissingData": "good"}, "TreatMissingData is one of"),
        ({"Statistic": None}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "The statistic p101"),
        ({"Threshold": None}, "The parameter Threshold is required"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "anomaly detection is not simulated"),
        ({"MetricName": None}, "The parameter MetricName is required"),
        ({"AlarmName": "x" * 256}, "Member must have length less than or equal to 255"),
        ({"ComparisonOperator": "Above"}, "Member must satisfy enum value set"),
    ],
)
def test_an_alarm_that_aws_would_refuse_is_refused(
    alarm: Watched, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError) as refused:
        alarm.put(**changes)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert said in refused.value.response["Error"]["Message"]


def test_a_high_resolution_alarm_is_looked_at_six_times_a_minute(alarm: Watched) -> None:
    alarm.put(**{**PERIODS, "Period": 10})
    alarm.comes_to("ALARM", feeding=50)
