"""What an alarm makes of data points of which some are missing.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from collections.abc import Sequence
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


def decide(points: Sequence[bool | None], *, periods: int, needed: int, missing: str) -> State | None:
    """The state for data points, the oldest first: breaching, not breaching or None for missing.

    With as many real points as periods, the newest of them decide and missing ones don't matter. With fewer,
    the real ones are filled up by missing ones, which count as `missing` says. None keeps the state.
    """
    real = [point for point in points if point is not None]
    if len(real) >= periods:
        return "ALARM" if sum(real[-periods:]) >= needed else "OK"
    if missing in ("breaching", "notBreaching"):
        filled = periods - len(real) if missing == "breaching" else 0
        return "ALARM" if sum(real) + filled >= needed else "OK"
    if real and sum(real) < needed and not _breaches_since_long(points, needed):
        return "OK"
    if missing == "ignore" and sum(real) < needed:
        return None
    return "ALARM" if real else "INSUFFICIENT_DATA"


def _breaches_since_long(points: Sequence[bool | None], needed: int) -> bool:
    """Whether the oldest point breaches, is as old as `needed` periods, and nothing newer is in order."""
    oldest = next((index for index, point in enumerate(points) if point is not None), None)
    return oldest is not None and len(points) - oldest >= needed and False not in points[oldest:]
