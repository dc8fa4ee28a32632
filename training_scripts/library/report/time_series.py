"""A series over time, with flagged points and shaded windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

import numpy as np
import pygal

from library.report.charts import BLUE, RED, WIDE, configuration, drawing

POINTS_DRAWN = 2_000
SHADE = "#f6d9b0"
_LABELS = 8


def time_series(
    title: str,
    times: Sequence[float],
    values: Sequence[float],
    *,
    value_title: str,
    flagged: Sequence[int] = (),
    windows: Sequence[tuple[float, float]] = (),
    limit: tuple[str, float] | None = None,
) -> str:
    """Return the values at their times (seconds since 1970, UTC), lowest and highest of long series kept.

    `flagged` are places in `values`, `windows` the first and last time of each to shade, `limit` the name
    and value of a horizontal line.
    """
    drawn = [*values, *([limit[1]] if limit else [])]
    bottom, top = min(0.0, *drawn), max(drawn) * 1.05
    colours = [SHADE] * bool(windows) + [BLUE] + [RED] * bool(flagged) + ["#1f2328"] * bool(limit)
    chart = pygal.XY(
        **configuration(WIDE, *colours, stroke_width=1),
        y_title=value_title,
        range=(bottom, top),
        zero=bottom,
        x_labels=np.linspace(times[0], times[-1], _LABELS).tolist(),
        x_value_formatter=_date,
        value_formatter=lambda value: f"{value:,.6g}",
        max_scale=8,
    )
    if windows:
        chart.add(
            "Labelled window",
            [point for window in windows for point in _box(window, bottom, top)],
            fill=True,
            show_dots=False,
        )
    kept = _thinned(values)
    chart.add(
        value_title,
        [(times[place], values[place]) for place in kept],
        show_dots=False,
    )
    if flagged:
        chart.add("Flagged", [(times[place], values[place]) for place in flagged], stroke=False, dots_size=3)
    if limit:
        chart.add(
            limit[0],
            [(times[0], limit[1]), (times[-1], limit[1])],
            show_dots=False,
            stroke_style={"dasharray": "6, 5"},
        )
    return drawing(chart, title)


def _box(window: tuple[float, float], bottom: float, top: float) -> list[tuple[float, float]]:
    start, end = window
    return [(start, bottom), (start, top), (end, top), (end, bottom)]


def _thinned(values: Sequence[float]) -> list[int]:
    """Return the places of all values, or of the lowest and the highest of each run of neighbours."""
    if len(values) <= POINTS_DRAWN:
        return list(range(len(values)))
    runs = np.array_split(np.asarray(values, dtype=np.float64), POINTS_DRAWN // 2)
    starts = np.cumsum([0, *(len(run) for run in runs[:-1])])
    places = {0, len(values) - 1}
    for run, start in zip(runs, starts):
        places |= {int(start + run.argmin()), int(start + run.argmax())}
    return sorted(places)


def _date(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%d")
