"""The figures of the report, each as a PNG."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from local_aws.images.algorithms.debugger_rules.measures import Curve, Matrix
from local_aws.images.algorithms.debugger_rules.tensors import Predictions

mpl.use("agg")

_FEATURES_SHOWN = 20
_POINTS_SHOWN = 5000
_CELLS_WITH_NUMBERS = 15


def by_round(metric: str, rounds: Sequence[int], series: Mapping[str, Sequence[float]]) -> bytes:
    """A metric of each set by the round of boosting."""
    figure, axes = _figure(7, 3.6)
    for name, values in series.items():
        axes.plot(rounds, values, marker="." if len(rounds) < 50 else None, label=name)
    axes.set(xlabel="round", ylabel=metric, title=f"{metric} by round")
    axes.grid(alpha=0.3)
    axes.legend()
    return _png(figure)


def importance(kind: str, scores: Mapping[str, float]) -> bytes:
    """The most important features as bars."""
    shown = sorted(scores.items(), key=lambda item: item[1])[-_FEATURES_SHOWN:]
    figure, axes = _figure(7, 1.2 + 0.26 * len(shown))
    axes.barh([name for name, _ in shown], [score for _, score in shown], color="tab:blue")
    axes.set(xlabel=kind, title=f"Importance of features: {kind}")
    axes.grid(axis="x", alpha=0.3)
    return _png(figure)


def confusion(name: str, matrix: Matrix) -> bytes:
    """How often each label was predicted as which."""
    size = len(matrix.labels)
    figure, axes = _figure(2.4 + 0.5 * size, 2.0 + 0.5 * size)
    image = axes.imshow(matrix.shares, cmap="Blues", vmin=0, vmax=1)
    labels = [f"{label:g}" for label in matrix.labels]
    axes.set_xticks(range(size), labels)
    axes.set_yticks(range(size), labels)
    if size <= _CELLS_WITH_NUMBERS:
        for (row, column), count in np.ndenumerate(matrix.counts):
            dark = matrix.shares[row, column] > 0.5
            axes.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
    axes.set(xlabel="predicted", ylabel="label", title=f"Confusion, {name}")
    figure.colorbar(image, ax=axes, label="share of the label's rows")
    return _png(figure)


def roc(curves: Mapping[str, Curve]) -> bytes:
    """The receiver operating characteristic of each set."""
    figure, axes = _figure(4.8, 4.4)
    for name, curve in curves.items():
        axes.plot(curve.false_positive, curve.true_positive, label=f"{name}, area {curve.area:.4f}")
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC curve")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return _png(figure)


def residuals(predictions: Predictions) -> bytes:
    """What a regression is off by, as a distribution and by the prediction."""
    off = predictions.labels - predictions.values
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.hist(off, bins=50, color="tab:blue")
    left.set(xlabel="label - prediction", ylabel="rows", title=f"Residuals, {predictions.name}")
    step = max(1, len(off) // _POINTS_SHOWN)
    right.scatter(predictions.values[::step], off[::step], s=4, alpha=0.4)
    right.axhline(0, color="grey", linewidth=1)
    right.set(xlabel="prediction", ylabel="label - prediction", title="Residuals by prediction")
    return _png(figure)


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    return content.getvalue()
