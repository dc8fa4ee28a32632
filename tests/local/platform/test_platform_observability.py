"""What the platform measures of itself, and who is told when it fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.local.platform.conftest import HappyRun, Inbox
from tests.local.platform.deployed import DeployedPlatform
from tests.local.running import until

ALARM = "ml-dev-observability-ApiFailing"


def drawn(platform: DeployedPlatform) -> dict[str, dict[str, Any]]:
    """The dashboard's graphs by title."""
    dashboard = platform.client("cloudwatch").get_dashboard(DashboardName=platform.outputs["DashboardName"])
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    return {widget["properties"].get("title", ""): widget for widget in widgets}


def line(platform: DeployedPlatform, metric: list[Any]) -> float:
    """What a line of a graph adds up to."""
    namespace, name, *pairs, options = metric
    names, values = pairs[::2], pairs[1::2]
    dimensions = [{"Name": key, "Value": value} for key, value in zip(names, values, strict=True)]
    now = datetime.now(UTC)
    asked = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    query = {"Metric": asked, "Period": options.get("period", 300), "Stat": options["stat"]}
    [result] = platform.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "line", "MetricStat": query}],
        StartTime=now - timedelta(hours=3),
        EndTime=now + timedelta(minutes=1),
    )["MetricDataResults"]
    return float(sum(result["Values"]))


@pytest.mark.usefixtures("served")
def test_the_dashboard_draws_what_has_happened(platform: DeployedPlatform) -> None:
    # Given a recommendation that was asked for
    graphs = drawn(platform)
    mysfits = graphs["Recommendations by mysfit"]["properties"]["metrics"]
    before = sum(line(platform, metric) for metric in mysfits)
    assert platform.ask().status == 200
    # Then it counts for one of the mysfits, a moment later
    until(lambda: sum(line(platform, metric) for metric in mysfits) == before + 1, "nobody is counted")
    # And for API, functions, endpoint and pipelines
    for title, label in (
        ("API: requests", "requests"),
        ("Functions: invocations", "recommend"),
        ("mysfit_recommender: invocations", None),
        ("Pipelines: succeeded in an hour", "mysfit_recommender, training"),
        ("Pipelines: succeeded in an hour", "mysfit_recommender, deployment"),
    ):
        metrics = graphs[title]["properties"]["metrics"]
        [found] = [each for each in metrics if each[-1].get("label") == label][:1]
        assert line(platform, found) > 0, (title, label)


@contextmanager
def asking(platform: DeployedPlatform) -> Iterator[None]:
    """Somebody asks the API all the while."""
    enough = threading.Event()

    def ask_on() -> None:
        while not enough.wait(0.03):
            platform.ask()

    visitor = threading.Thread(target=ask_on)
    visitor.start()
    try:
        yield
    finally:
        enough.set()
        visitor.join()


def ringing(platform: DeployedPlatform) -> list[str]:
    described = platform.client("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"]
    return [alarm["AlarmName"] for alarm in described]


@pytest.fixture
def healed(platform: DeployedPlatform, happy: HappyRun) -> Iterator[None]:
    """Leave an endpoint behind."""
    yield
    if platform.hosted().endpoint is None:
        platform.deploy_package(happy.package)


@pytest.mark.usefixtures("served", "healed")
def test_an_api_that_fails_rings_tells_the_topic_and_ends_ringing_when_it_is_healed(
    platform: DeployedPlatform, happy: HappyRun, inbox: Inbox
) -> None:
    # Given an endpoint that is gone
    platform.remove_endpoint()
    assert platform.ask().status == 503
    told: list[dict[str, Any]] = []

    def is_told() -> bool:
        told.extend(json.loads(each["Message"]) for each in inbox.messages() if "ALARM" in each["Subject"])
        return any(message["AlarmName"].startswith(ALARM) for message in told)

    # When visitors go on asking
    with asking(platform):
        # Then the topic is told what happened and where to look
        until(is_told, "the topic is not told")
        message = next(each for each in told if each["AlarmName"].startswith(ALARM))
        assert message["NewStateValue"] == "ALARM"
        assert message["AlarmDescription"].endswith("docs/operations.md#the-api-fails")
        # And so is whoever asks for the status
        until(
            lambda: f"({message['AlarmName']})" in platform.manage("status").stdout, "no status tells of it"
        )
    # When the endpoint is back and nobody fails any more
    assert platform.deploy_package(happy.package).output["outcome"] == "Deployed"
    # Then it ends by itself
    until(lambda: not ringing(platform), "it still rings")
    assert platform.manage_json("status")["alarms"] == []
