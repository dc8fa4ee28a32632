"""The headline of a report: the metrics that matter, next to guessing and to the previous model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from library.report.tables import Markup, paragraph, table

_BEST_CONSTANT = "_best_constant_classifier"
_DEVIATION = "standard_deviation"


def comparison(
    evaluation: Mapping[str, Any], previous: Mapping[str, Any], group: str, names: Mapping[str, str]
) -> Sequence[Markup]:
    """Return a table of the group's metrics in `names` (metric -> what to call it).

    There are no columns for what isn't known: standard deviations, the best constant classifier, a previous
    model.
    """
    now, before = evaluation[group], previous.get(group, {})
    constant = {name: now.get(f"{name}{_BEST_CONSTANT}", {}).get("value") for name in names}
    guesses = any(value is not None for value in constant.values())
    deviates = any(isinstance(now[name].get(_DEVIATION), float) for name in names)
    headers = ["Metric", "This model"] + ["Standard deviation"] * deviates + ["Majority class"] * guesses
    rows = []
    for name, title in names.items():
        value = now[name]["value"]
        row = [title, value] + [now[name].get(_DEVIATION)] * deviates + [constant[name]] * guesses
        rows.append(row + _against(value, before.get(name, {}).get("value")) * bool(before))
    if before:
        return [table([*headers, "Previous model", "Change"], rows)]
    return [table(headers, rows), paragraph("There is no previous model to compare with.")]


def _against(value: object, previous: object) -> list[object]:
    if isinstance(value, (int, float)) and isinstance(previous, (int, float)):
        whole = isinstance(value, int) and previous == int(previous)
        return (
            [int(previous), f"{value - previous:+,.0f}"] if whole else [previous, f"{value - previous:+.4f}"]
        )
    return [previous, None]
