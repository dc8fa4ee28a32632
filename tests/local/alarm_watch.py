"""An alarm of the tests: put, fed with data, and watched until it is in a state; who is told of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tests.local.running import ALARM_MINUTE_SECONDS, LocalAws

# Two periods are enough; a machine with much else to do takes longer.
SECONDS = 60 * ALARM_MINUTE_SECONDS
PERIODS = {"Period": 60, "EvaluationPeriods": 1}
ABOVE_FIVE = {"Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold"}


@dataclass
class Watched:
    """A metric alarm on the metric `faults` of a service of its own."""

    aws: LocalAws
    name: str

    @property
    def dimensions(self) -> list[dict[str, str]]:
        return [{"Name": "service", "Value": self.name}]

    @property
    def request(self) -> dict[str, Any]:
        """An alarm on more than five faults in a period."""
        metric = {"Namespace": "Test", "MetricName": "faults", "Dimensions": self.dimensions}
        return {"AlarmName": self.name, **metric, "Statistic": "Sum", **PERIODS, **ABOVE_FIVE}

    def put(self, **changes: Any) -> None:
        request = {key: value for key, value in {**self.request, **changes}.items() if value is not None}
        self.aws.client("cloudwatch").put_metric_alarm(**request)

    def feed(self, value: float, service: str | None = None) -> None:
        dimensions = [{"Name": "service", "Value": service or self.name}]
        datum = {"MetricName": "faults", "Dimensions": dimensions, "Value": value, "Unit": "Count"}
        self.aws.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=[datum])

    def described(self) -> dict[str, Any]:
        [alarm] = self.aws.client("cloudwatch").describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        return dict(alarm)

    def comes_to(self, state: str, feeding: float | None = None) -> dict[str, Any]:
        """Wait for a state, with this much data all the while; gives the alarm."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if feeding is not None:
                self.feed(feeding)
            alarm = self.described()
            if alarm["StateValue"] == state:
                return alarm
            time.sleep(ALARM_MINUTE_SECONDS / 10)
        raise AssertionError(f"{self.name} is {self.described()['StateValue']}, not {state}")

    def stays(self, state: str, periods: int = 2) -> None:
        deadline = time.monotonic() + periods * ALARM_MINUTE_SECONDS
        while time.monotonic() < deadline:
            assert self.described()["StateValue"] == state
            time.sleep(ALARM_MINUTE_SECONDS / 10)

    def history(self, kind: str) -> list[dict[str, Any]]:
        """The alarm's history of a kind, the newest first."""
        items = self.aws.client("cloudwatch").describe_alarm_history(
            AlarmName=self.name, HistoryItemType=kind
        )["AlarmHistoryItems"]
        return list(items)


class Queue:
    """A queue that topics and rules of the account may send to."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self._sqs = aws.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn = asked["Attributes"]["QueueArn"]
        services = {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}
        allowed = {
            "Effect": "Allow",
            "Principal": services,
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})

    def next(self) -> dict[str, Any]:
        """The next message's body; fails if none comes."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for message in self._sqs.receive_message(QueueUrl=self._url).get("Messages", ()):
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                return dict(json.loads(message["Body"]))
            time.sleep(0.1)
        raise AssertionError("no message has come")
