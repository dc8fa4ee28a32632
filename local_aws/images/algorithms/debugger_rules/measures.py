"""What the figures show: confusion matrices and ROC curves."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from local_aws.images.algorithms.debugger_rules.tensors import Predictions, Values


@dataclass(frozen=True)
class Matrix:
    """How often each label (row) was predicted as each (column)."""

    labels: Values
    counts: npt.NDArray[np.int64]

    @property
    def shares(self) -> Values:
        """Of each label's rows, the share predicted as each; 0 for a label without rows."""
        shares: Values = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        return shares

    @property
    def accuracy(self) -> float:
        """The share of all rows whose label was predicted."""
        return float(np.trace(self.counts) / self.counts.sum())


@dataclass(frozen=True)
class Curve:
    """A ROC curve and the area under it."""

    false_positive: Values
    true_positive: Values

    @property
    def area(self) -> float:
        """By the trapezoidal rule, which counts ties as half."""
        return float(np.trapezoid(self.true_positive, self.false_positive))


def confusion(predictions: Predictions) -> Matrix:
    """The confusion matrix of a classification."""
    predicted = predictions.classes
    labels = np.union1d(predictions.labels, predicted)
    rows, columns = np.searchsorted(labels, predictions.labels), np.searchsorted(labels, predicted)
    size = len(labels)
    counts = np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)
    return Matrix(labels, counts)


def roc(predictions: Predictions) -> Curve | None:
    """The ROC curve of a binary classification; None if one of the labels is absent."""
    order = np.argsort(-predictions.values, kind="stable")
    scores, positive = predictions.values[order], predictions.labels[order] > 0
    if positive.all() or not positive.any():
        return None
    # Rows of the same score are told apart by no threshold: a point only where the score changes.
    last_of_score = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    true = np.cumsum(positive)[last_of_score]
    false = last_of_score + 1 - true
    return Curve(np.append(0.0, false / false[-1]), np.append(0.0, true / true[-1]))
