from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from library.binary_metrics import CalibrationBin
from library.report import bars, curves, time_series

VALUES = np.sin(np.arange(5_000) / 9).tolist()
TIMES = [1_404_172_800.0 + 1_800 * step for step in range(5_000)]

DRAWINGS: dict[str, Callable[[], str]] = {
    "roc": lambda: curves.receiver_operating_characteristic([0, 0.2, 1], [0, 0.8, 1], 0.8),
    "precision": lambda: curves.precision_and_recall([0, 0.5, 1], [1, 0.9, 0.2], 0.2),
    "calibration": lambda: curves.calibration([CalibrationBin(3, 0.1, 0.0), CalibrationBin(2, 0.9, 1.0)]),
    "bars": lambda: bars.bars("Importance", {"age": 0.5, "sex <&>": 0.0}, value_title="Share"),
    "zero bars": lambda: bars.bars("Recall", {"a": 0.0}, value_title="Recall"),
    "ranking": lambda: bars.ranking("Jobs", [0.9, 0.8], value_title="auc", labels=["a", "b"]),
    "one job": lambda: bars.ranking("Jobs", [0.9], value_title="auc", labels=["a"]),
    "histogram": lambda: bars.histogram("Distances", VALUES, value_title="Distance", count_title="Records"),
    "time series": lambda: time_series.time_series(
        "Taxi",
        TIMES,
        VALUES,
        value_title="Score",
        flagged=[7, 4_000],
        windows=[(TIMES[5], TIMES[90]), (TIMES[3_900], TIMES[4_100])],
        limit=("Cutoff", 0.9),
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing_stands_by_itself(name: str) -> None:
    drawing = DRAWINGS[name]()

    ET.fromstring(drawing)  # noqa: S314 # our own
    assert "<script" not in drawing
    assert "<!--" not in drawing
    assert "href" not in drawing
    assert re.findall(r"https?://[^\"]*", drawing) == ["http://www.w3.org/2000/svg"]
    assert "No data" not in drawing


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing_is_the_same_each_time(name: str) -> None:
    assert DRAWINGS[name]() == DRAWINGS[name]()


def test_values_show_on_hover_and_names_are_escaped() -> None:
    drawing = DRAWINGS["bars"]()

    assert "<title>age: 0.500</title>" in drawing
    assert "sex &lt;&amp;&gt;" in drawing


def test_a_long_series_keeps_its_extremes() -> None:
    # Given one value that stands out
    values = [0.0] * 20_000
    values[12_345] = 7.0

    # When
    drawing = time_series.time_series("Long", list(range(20_000)), values, value_title="Score")

    # Then it is drawn, and the drawing is small
    heights = {float(y) for y in re.findall(r"[ML ](?:[\d.]+) ([\d.]+)", drawing)}
    assert len(heights) > 1
    assert len(drawing) < 100_000
