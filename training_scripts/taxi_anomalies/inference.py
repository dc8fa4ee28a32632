"""What an endpoint is asked about a series, and what its answer says of each point.

A series is `{"start": "2015-02-01T00:00:00", "values": [10844, 8127, …]}`, a value for each half-hour, or a
list of `{"timestamp": "2015-02-01T00:00:00", "value": 10844}`, each 30 minutes after the one before. Uses the
standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from library.faults import shown
from library.shingles import STEP, Shingling, csv_line

MOST = 1e12
"""The highest value of a half-hour."""
_TIME = {"type": "string", "description": "a local time such as 2015-02-01T00:30:00"}


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


def interface(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `encode` takes and `decode` gives, as JSON Schema with examples.

    `parameters` are those of `prepare.py`: how many half-hours a series has at least.
    """
    named = {name: parameters[name] for name in ("residual", "weeks", "shingle") if name in parameters}
    least = Shingling(**named).first + 1
    value = {"type": "number", "minimum": 0, "maximum": MOST}
    series = _record(start=_TIME, values={"type": "array", "items": value, "minItems": least})
    point = _record(timestamp=_TIME, value=value)
    scored = _record(timestamp=_TIME, value=value, score={"type": "number"}, anomaly={"type": "boolean"})
    count = {"type": "integer", "minimum": 0}
    answer = _record(
        cutoff={"type": "number"}, anomalies=count, points={"type": "array", "items": scored, "minItems": 1}
    )
    last = {"timestamp": "2015-02-26T00:00:00", "value": 9000.0, "score": 1.2, "anomaly": False}
    return {
        # An example would have as many half-hours.
        "request": {"schema": {"anyOf": [series, {"type": "array", "items": point, "minItems": least}]}},
        "answer": {"schema": answer, "example": {"cutoff": 1.5, "anomalies": 0, "points": [last]}},
    }


def _record(**fields: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object that has all of these fields and no other."""
    return {
        "type": "object",
        "required": list(fields),
        "additionalProperties": False,
        "properties": fields,
    }


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
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MOST:
        raise ValueError(f"{field}: {shown(value)} is not a number from 0 to {MOST:g}")
    return float(value)
