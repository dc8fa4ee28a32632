"""The headline of a report: the metrics that matter, next to guessing and to the previous model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from library.report.tables import Markup, paragraph, table

_BEST_CONSTANT = "_best_constant_classifier"


def comparison(
    evaluation: Mapping[str, Any], previous: Mapping[str, Any], group: str, names: Mapping[str, str]
) -> Sequence[Markup]:
    """Return a table of the group's metrics in `names` (metric -> what to call it).

    A group without the best constant classifier's metrics has no column for it; without a previous model
    there are no columns for one.
    """
    now, before = evaluation[group], previous.get(group, {})
    constant = {name: now.get(f"{name}{_BEST_CONSTANT}", {}).get("value") for name in names}
    guesses = any(value is not None for value in constant.values())
    headers = ["Metric", "This model", "Standard deviation"] + ["Majority class"] * guesses
    rows = []
    for name, title in names.items():
        value = now[name]["value"]
        row = [title, value, now[name].get("standard_deviation")] + [constant[name]] * guesses
        rows.append(row + _against(value, before.get(name, {}).get("value")) * bool(before))
    if before:
        return [table([*headers, "Previous model", "Change"], rows)]
    return [table(headers, rows), paragraph("There is no previous model to compare with.")]


def _against(value: object, previous: object) -> list[object]:
    if isinstance(value, (int, float)) and isinstance(previous, (int, float)):
        return [float(previous), f"{value - previous:+.4f}"]
    return [previous, None]
