"""What an endpoint is asked about a series, and what its answer says of each point.

A series is `{"start": "2015-02-01T00:00:00", "values": [10844, 8127, …]}`, a value for each half-hour, or a
list of `{"timestamp": "2015-02-01T00:00:00", "value": 10844}`, each 30 minutes after the one before. Uses the
standard library only.
"""

from __future__ import annotations

import json
from datetime import datetime
from math import isfinite
from typing import Any

from library.faults import shown
from library.shingles import STEP, Shingling, csv_line


def encode(document: Any, serving: dict[str, Any]) -> str:
    """Return a line of CSV for each point that can be scored; ValueError says what is wrong."""
    _, values = _series(document)
    shingling = Shingling(**serving["shingling"])
    if len(values) <= shingling.first:
        raise ValueError(
            f"values: {len(values)} half-hours are too few, there must be {shingling.first + 1} or more: "
            f"{shingling.first} before the first point that is scored"
        )
    return "\n".join(map(csv_line, shingling.records(values)))


def decode(body: str, document: Any, serving: dict[str, Any]) -> dict[str, Any]:
    """Return each scored point with its score, and whether that is above the cutoff."""
    start, values = _series(document)
    first, cutoff = Shingling(**serving["shingling"]).first, serving["cutoff"]
    scores = [float(json.loads(line)["score"]) for line in body.splitlines() if line.strip()]
    if len(scores) != len(values) - first:
        raise ValueError(f"the answer has {len(scores)} scores, there must be {len(values) - first}")
    points = [
        {
            "timestamp": (start + place * STEP).isoformat(),
            "value": values[place],
            "score": score,
            "anomaly": score > cutoff,
        }
        for place, score in enumerate(scores, start=first)
    ]
    return {"cutoff": cutoff, "anomalies": sum(score > cutoff for score in scores), "points": points}


def _series(document: Any) -> tuple[datetime, list[float]]:
    if isinstance(document, list):
        return _from_points(document)
    if not isinstance(document, dict) or not isinstance(document.get("values"), list):
        raise ValueError(  # noqa: TRY004 - the text is for a person, whatever is wrong
            'a series must be {"start": time, "values": [numbers]} or a list of {"timestamp": time, "value": '
            f"number}}, not {shown(document)}"
        )
    values = [_number(f"values[{place}]", value) for place, value in enumerate(document["values"])]
    return _time("start", document.get("start")), values


def _from_points(points: list[Any]) -> tuple[datetime, list[float]]:
    times, values = [], []
    for place, point in enumerate(points):
        if not isinstance(point, dict):
            raise ValueError(  # noqa: TRY004 - as above
                f'[{place}]: {shown(point)} is not {{"timestamp": time, "value": number}}'
            )
        times.append(_time(f"[{place}].timestamp", point.get("timestamp")))
        values.append(_number(f"[{place}].value", point.get("value")))
        if place and times[-1] - times[-2] != STEP:
            raise ValueError(
                f"[{place}].timestamp: {times[-1]} follows {times[-2]}, it must be 30 minutes after it"
            )
    if not points:
        raise ValueError("the list is empty, there must be points")
    return times[0], values


def _time(field: str, text: object) -> datetime:
    try:
        time = datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        time = None
    if time is None or time.tzinfo is not None:
        raise ValueError(f"{field}: {shown(text)} is not a time like 2015-02-01T00:30:00, without a zone")
    return time


def _number(field: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or value < 0:
        raise ValueError(f"{field}: {shown(value)} is not a number of at least 0")
    return float(value)
