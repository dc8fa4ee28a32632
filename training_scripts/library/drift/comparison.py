"""The comparison of captured records with the baseline, as drift.json holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from library.drift.distance import Values, by_chance, distance
from library.drift.records import Captured


@dataclass(frozen=True)
class Limits:
    """When features count as drifted: so far apart, and in so many records or more."""

    largest_distance: float
    minimum_records: int


def compare(columns: Sequence[str], baseline: Values, captured: Captured, limits: Limits) -> dict[str, Any]:
    """Return what drift.json holds: the features by their distance, and those that have drifted.

    A feature has drifted if it is further away than allowed, and than so few records are by chance.
    """
    records = len(captured.values)
    chance = by_chance(len(baseline), records, len(columns)) if records else 1.0
    bound = max(limits.largest_distance, chance)
    samples = zip(columns, baseline.T, captured.values.T) if records else ()
    features = [_feature(name, before, now) for name, before, now in samples]
    features.sort(key=lambda feature: -feature["distance"])
    enough = records >= limits.minimum_records
    return {
        "records": records,
        "unreadable_records": captured.unreadable,
        "minimum_records": limits.minimum_records,
        "baseline_records": len(baseline),
        "largest_distance": limits.largest_distance,
        "distance_by_chance": round(chance, 6),
        "drifted": [one["name"] for one in features if one["distance"] > bound] if enough else [],
        "features": features,
    }


def in_words(found: dict[str, Any]) -> str:
    """Say what was found, in a line."""
    asked = f"{found['records']} records"
    if found["unreadable_records"]:
        asked += f" and {found['unreadable_records']} that can't be read"
    if found["records"] < found["minimum_records"]:
        return f"{asked}: fewer than {found['minimum_records']} tell nothing"
    first = found["features"][0]
    largest = f"{first['name']} is the furthest from the baseline, by {first['distance']:.3f}"
    count = len(found["drifted"])
    drifted = "1 feature has drifted" if count == 1 else f"{count} features have drifted"
    return f"{asked}: {drifted if count else 'no drift'}; {largest}"


def _feature(name: str, baseline: Values, captured: Values) -> dict[str, Any]:
    return {
        "name": name,
        "distance": round(distance(baseline, captured), 6),
        "baseline": _described(baseline),
        "captured": _described(captured),
    }


def _described(values: Values) -> dict[str, float | None]:
    """A sample in figures; without a value that isn't missing, they are null."""
    present = values[~np.isnan(values)]
    missing = round(1 - len(present) / len(values), 6)
    if not len(present):
        return {"missing": missing, "mean": None, "minimum": None, "median": None, "maximum": None}
    figures = {"mean": present.mean(), "minimum": present.min(), "median": np.median(present)}
    figures["maximum"] = present.max()
    return {"missing": missing, **{figure: round(float(value), 6) for figure, value in figures.items()}}
