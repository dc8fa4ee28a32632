"""What an alarm makes of missing data: the tables of AWS's documentation.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import pytest

from local_aws.cloudwatch.missing_data import decide

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
POINTS = {"0": False, "X": True, "-": None}
KEPT = None
NO_DATA = "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("needed", "seen", "expected"),
    [
        (3, "0 - X - X", ("OK", "OK", "OK", "OK")),
        (3, "0 - - - -", ("OK", "OK", "OK", "OK")),
        (3, "- - - - -", (NO_DATA, KEPT, "ALARM", "OK")),
        (3, "0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (3, "- - X - -", ("ALARM", KEPT, "ALARM", "OK")),
        (2, "0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 - X - -", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - - 0", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - X -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_the_documented_tables(needed: int, seen: str, expected: tuple[str | None, ...]) -> None:
    # Given three periods, of which `needed` must breach, and the last five data points
    points = [POINTS[point] for point in seen.split()]
    # Then each treatment of missing data leads where AWS says
    found = tuple(decide(points, periods=3, needed=needed, missing=each) for each in TREATMENTS)
    assert found == expected


def test_a_first_breach_alone_is_not_enough() -> None:
    # Given an alarm that has just begun to get data
    assert decide([None, None, None, None, True], periods=3, needed=3, missing="missing") == "OK"


def test_one_period_is_decided_by_its_newest_point() -> None:
    assert decide([True, None, False], periods=1, needed=1, missing="missing") == "OK"
    assert decide([False, None, True], periods=1, needed=1, missing="missing") == "ALARM"
