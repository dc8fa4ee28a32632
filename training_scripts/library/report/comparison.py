"""The headline of a report: the metrics that matter, next to guessing and to the previous model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from library.report.tables import Markup, paragraph, table


def comparison(
    evaluation: Mapping[str, Any], previous: Mapping[str, Any], group: str, names: Mapping[str, str]
) -> Sequence[Markup]:
    """Return a table of the group's metrics in `names` (metric -> what to call it).

    The best constant classifier's column is filled where the group has it; without a previous model there
    are no columns for one.
    """
    now, before = evaluation[group], previous.get(group, {})
    headers = ["Metric", "This model", "Standard deviation", "Majority class"]
    rows = []
    for name, title in names.items():
        value = now[name]["value"]
        constant = now.get(f"{name}_best_constant_classifier", {}).get("value")
        row = [title, value, now[name].get("standard_deviation"), constant]
        rows.append(row + _against(value, before.get(name, {}).get("value")) * bool(before))
    if before:
        return [table([*headers, "Previous model", "Change"], rows)]
    return [table(headers, rows), paragraph("There is no previous model to compare with.")]


def _against(value: object, previous: object) -> list[object]:
    if isinstance(value, (int, float)) and isinstance(previous, (int, float)):
        return [float(previous), f"{value - previous:+.4f}"]
    return [previous, None]
