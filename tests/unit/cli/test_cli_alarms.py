from datetime import UTC, datetime

from cli import alarms
from cli.platform import Platform
from tests.unit.cli.stubbed_aws import StubbedTarget

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = {"StateValue": "ALARM", "AlarmNamePrefix": "ml-dev-"}


def test_only_alarms_that_ring_are_told_with_what_to_do(platform: Platform, target: StubbedTarget) -> None:
    # Given two that ring, on two pages
    pages = [
        {
            "AlarmName": f"ml-dev-{name}",
            "AlarmDescription": f"{name} is slow.",
            "StateUpdatedTimestamp": SINCE,
        }
        for name in ("api", "model")
    ]
    target.expect("cloudwatch", "describe_alarms", {"MetricAlarms": pages[:1], "NextToken": "2"}, ASKED)
    target.expect("cloudwatch", "describe_alarms", {"MetricAlarms": pages[1:]}, {**ASKED, "NextToken": "2"})
    # When
    found = alarms.ringing(platform)
    # Then
    assert [alarm.document()["name"] for alarm in found] == ["ml-dev-api", "ml-dev-model"]
    assert "api is slow. (ml-dev-api)" in str(found[0])
    assert str(found[0]).startswith("ALARM since 20")
