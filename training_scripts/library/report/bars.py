"""Charts of one number for each name: bars, a ranking, a histogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pygal

from library.report.charts import BLUE, ORANGE, WIDE, configuration, drawing

_BAR_HEIGHT = 24
_ROOM_FOR_AXIS = 70
_ROOM_FOR_NUMBER = 1.08
_NUMBER_BEHIND_ITS_BAR = "inline:.horizontalbar-graph .text-overlay text.value { text-anchor: start }"
_NO_LINE_THROUGH_A_BAR = "inline:.histogram-graph .axis.x path { stroke: none !important }"
_LABELS_OF_A_HISTOGRAM = 10
_BINS = 30


def bars(title: str, values: Mapping[str, float], *, value_title: str, digits: int = 3) -> str:
    """Return a bar for each name, the first at the top, with its number; none is negative."""
    size = (WIDE[0], _ROOM_FOR_AXIS + _BAR_HEIGHT * len(values))
    chart = pygal.HorizontalBar(
        **configuration(size, BLUE),
        x_title=value_title,
        show_legend=False,
        print_values=True,
        print_values_position="top",
        value_formatter=lambda value: f"{value:.{digits}f}",
        include_x_axis=True,
        spacing=6,
        range=(0, (max(values.values()) or 1) * _ROOM_FOR_NUMBER),
        css=[*pygal.Config().css, _NUMBER_BEHIND_ITS_BAR],
    )
    chart.x_labels = list(values)[::-1]
    chart.add(value_title, list(values.values())[::-1])
    return drawing(chart, title)


def ranking(title: str, values: Sequence[float], *, value_title: str, labels: Sequence[str]) -> str:
    """Return a dot for each value in the order given, the first in a colour of its own; labels say which."""
    chart = pygal.Line(
        **configuration(WIDE, ORANGE, BLUE),
        x_title="Rank",
        y_title=value_title,
        value_formatter=lambda value: f"{value:.4f}",
        max_scale=8,
        range=_with_margin(values),
    )
    chart.x_labels = [str(rank) for rank in range(1, len(values) + 1)]
    points = [{"value": value, "label": label} for value, label in zip(values, labels)]
    chart.add("Best", points[:1] + [None] * (len(points) - 1), stroke=False, dots_size=6)
    chart.add("Others", [None, *points[1:]], stroke=False, dots_size=4)
    return drawing(chart, title)


def _with_margin(values: Sequence[float]) -> tuple[float, float]:
    lowest, highest = min(values), max(values)
    margin = (highest - lowest) * 0.08 or 0.01
    return lowest - margin, highest + margin


def histogram(title: str, values: Sequence[float], *, value_title: str, count_title: str) -> str:
    """Return how many of the values lie in each of some ranges of the same width.

    A few whole numbers have a range for each, others 30 ranges.
    """
    counts, edges = np.histogram(values, bins=_bins(np.asarray(values)))
    chart = pygal.Histogram(
        **configuration(WIDE, BLUE),
        x_title=value_title,
        y_title=count_title,
        css=[*pygal.Config().css, _NO_LINE_THROUGH_A_BAR],
        show_legend=False,
        x_value_formatter=lambda value: f"{value:.3g}",
        value_formatter=lambda value: f"{value:,.0f}",
        max_scale=8,
    )
    middles = (edges[:-1] + edges[1:]) / 2
    chart.x_labels = middles[:: max(len(middles) // _LABELS_OF_A_HISTOGRAM, 1)].tolist()
    chart.add(value_title, list(zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist())))
    return drawing(chart, title)


def _bins(values: npt.NDArray[np.float64]) -> int | npt.NDArray[np.float64]:
    lowest, highest = values.min(), values.max()
    if highest - lowest < _BINS and np.array_equal(values, np.round(values)):
        return np.arange(lowest - 0.5, highest + 1)
    return _BINS
