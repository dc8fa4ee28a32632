"""Curves of a classifier of two classes: by cutoff, and how far its probabilities can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pygal

from library.binary_metrics import CalibrationBin
from library.report.charts import BLUE, GREY, SQUARE, configuration, drawing

_NO_SKILL = {"show_dots": False, "stroke_style": {"dasharray": "6, 5"}}
_TENTHS = [place / 5 for place in range(6)]


def receiver_operating_characteristic(
    false_positive_rates: Iterable[float], true_positive_rates: Iterable[float], auc: float
) -> str:
    """Return the curve next to that of guessing."""
    chart = _unit_square("False positive rate", "True positive rate")
    chart.add(f"Model, AUC {auc:.4f}", list(zip(false_positive_rates, true_positive_rates)), show_dots=False)
    chart.add("Guessing, AUC 0.5", [(0, 0), (1, 1)], **_NO_SKILL)
    return drawing(chart, "Receiver operating characteristic")


def precision_and_recall(recalls: Iterable[float], precisions: Iterable[float], share: float) -> str:
    """Return the curve next to that of guessing, whose precision is the share of class 1."""
    chart = _unit_square("Recall", "Precision")
    chart.add("Model", list(zip(recalls, precisions)), show_dots=False)
    chart.add(f"Guessing, {share:.3f}", [(0, share), (1, share)], **_NO_SKILL)
    return drawing(chart, "Precision and recall")


def calibration(bins: Sequence[CalibrationBin]) -> str:
    """Return the share of class 1 among records of about the same predicted probability."""
    chart = _unit_square("Predicted probability", "Share of class 1")
    points = [
        {"value": (found.mean_probability, found.share_of_class_1), "label": f"{found.records} records"}
        for found in bins
    ]
    chart.add("Model", points, dots_size=4)
    chart.add("Perfect calibration", [(0, 0), (1, 1)], **_NO_SKILL)
    return drawing(chart, "Calibration")


def _unit_square(x_title: str, y_title: str) -> pygal.XY:
    return pygal.XY(
        **configuration(SQUARE, BLUE, GREY),
        x_title=x_title,
        y_title=y_title,
        xrange=(0, 1),
        range=(0, 1),
        x_labels=_TENTHS,
        y_labels=_TENTHS,
        show_x_guides=True,
        x_value_formatter=lambda value: f"{value:.3g}",
        value_formatter=lambda value: f"{value:.3g}",
    )
