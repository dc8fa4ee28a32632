"""Metrics of a classifier of two classes that answers with the probability of class 1.

The group `binary_classification_metrics` is as SageMaker Model Monitor and the Model Registry define it
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html); how good the
probabilities are in themselves is in a group of our own. The best constant classifier is the one that is
right most often, so it answers with the majority class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from library import bootstrap

CURVE_POINTS = 200
CALIBRATION_BINS = 10
SMALLEST_PROBABILITY = 1e-15

Values = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Curves:
    """The operating points from the strictest cutoff to the laxest, one for each distinct probability."""

    false_positive_rates: Values
    true_positive_rates: Values
    precisions: Values


@dataclass(frozen=True)
class CalibrationBin:
    """Records whose probabilities lie in the same tenth."""

    records: int
    mean_probability: float
    share_of_class_1: float


class BinaryResults:
    """The labels of a test set and the predicted probabilities; both classes must occur."""

    def __init__(self, labels: Labels, probabilities: Values, cutoff: float) -> None:
        self.labels = labels
        self.probabilities = probabilities
        self.predicted = (probabilities >= cutoff).astype(np.int64)
        # Groups of records with the same probability, the highest first: what AUC and the curves are made of.
        self._order = np.argsort(-probabilities, kind="stable")
        ordered = probabilities[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])

    def confusion_matrix(self, counts: bootstrap.Counts | None = None) -> Values:
        """Return how often each actual label (row) was predicted as each label (column)."""
        cells = self.labels * 2 + self.predicted
        confusion = np.bincount(cells, weights=counts, minlength=4)
        return confusion.astype(np.float64).reshape(2, 2)

    def auc(self, counts: bootstrap.Counts) -> float:
        """Return how often a record of class 1 ranks above one of class 0, a tie counting one half."""
        positives, negatives = self._by_probability(counts)
        pairs = positives.sum() * negatives.sum()
        above = np.cumsum(positives) - positives / 2
        return float((negatives * above).sum() / pairs) if pairs else float("nan")

    def curves(self) -> Curves:
        """Return the receiver operating characteristic and the precision-recall curve."""
        positives, negatives = self._by_probability(np.ones(len(self.labels), dtype=np.int64))
        true, false = np.cumsum(positives), np.cumsum(negatives)
        return Curves(
            false_positive_rates=np.r_[0.0, false / false[-1]],
            true_positive_rates=np.r_[0.0, true / true[-1]],
            precisions=np.r_[1.0, true / (true + false)],
        )

    def calibration(self) -> list[CalibrationBin]:
        """Return the tenths of the probabilities that hold records, the lowest first."""
        tenth = np.minimum((self.probabilities * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
        return [
            CalibrationBin(
                records=int((tenth == index).sum()),
                mean_probability=float(self.probabilities[tenth == index].mean()),
                share_of_class_1=float(self.labels[tenth == index].mean()),
            )
            for index in np.unique(tenth)
        ]

    def _by_probability(self, counts: bootstrap.Counts) -> tuple[Values, Values]:
        """Return how many records of class 1 and of class 0 share each probability, the highest first."""
        labels, ordered = self.labels[self._order], counts[self._order]
        return (
            np.add.reduceat(ordered * labels, self._starts).astype(np.float64),
            np.add.reduceat(ordered * (1 - labels), self._starts).astype(np.float64),
        )


def evaluation(results: BinaryResults) -> dict[str, dict[str, object]]:
    """Return both groups: each metric with its value and its standard deviation."""
    records = len(results.labels)
    curves = results.curves()
    kept = _thinned(len(curves.precisions))
    recalls = curves.true_positive_rates[kept].tolist()
    return {
        "binary_classification_metrics": {
            "confusion_matrix": _as_object(results.confusion_matrix()),
            **bootstrap.with_deviations(lambda counts: _threshold_metrics(results, counts), records),
            **bootstrap.with_deviations(lambda counts: {"auc": results.auc(counts)}, records),
            "receiver_operating_characteristic_curve": {
                "false_positive_rates": curves.false_positive_rates[kept].tolist(),
                "true_positive_rates": recalls,
            },
            "precision_recall_curve": {"precisions": curves.precisions[kept].tolist(), "recalls": recalls},
        },
        "probability_metrics": dict(
            bootstrap.with_deviations(lambda counts: _probability_metrics(results, counts), records)
        ),
    }


def _threshold_metrics(results: BinaryResults, counts: bootstrap.Counts) -> dict[str, float]:
    confusion = results.confusion_matrix(counts)
    (true_negatives, false_positives), (false_negatives, true_positives) = confusion
    constant = np.zeros((2, 2))
    constant[:, confusion.sum(axis=1).argmax()] = confusion.sum(axis=1)
    return {
        **_by_confusion(confusion),
        **{f"{name}_best_constant_classifier": value for name, value in _by_confusion(constant).items()},
        "true_positive_rate": _ratio(true_positives, true_positives + false_negatives),
        "true_negative_rate": _ratio(true_negatives, true_negatives + false_positives),
        "false_positive_rate": _ratio(false_positives, false_positives + true_negatives),
        "false_negative_rate": _ratio(false_negatives, false_negatives + true_positives),
    }


def _by_confusion(confusion: Values) -> dict[str, float]:
    recall = _ratio(confusion[1, 1], confusion[1].sum())
    precision = _ratio(confusion[1, 1], confusion[:, 1].sum())
    return {
        "accuracy": _ratio(np.trace(confusion), confusion.sum()),
        "recall": recall,
        "precision": precision,
        "f0_5": _f_score(recall, precision, 0.5),
        "f1": _f_score(recall, precision, 1.0),
        "f2": _f_score(recall, precision, 2.0),
    }


def _probability_metrics(results: BinaryResults, counts: bootstrap.Counts) -> dict[str, float]:
    inside = results.probabilities.clip(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    of_the_label = np.where(results.labels == 1, inside, 1 - inside)
    return {
        "brier_score": float(np.average((results.probabilities - results.labels) ** 2, weights=counts)),
        "log_loss": float(np.average(-np.log(of_the_label), weights=counts)),
    }


def _f_score(recall: float, precision: float, beta: float) -> float:
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def _ratio(numerator: float, denominator: float) -> float:
    """Divide, with 0 where the denominator is 0."""
    return float(numerator / denominator) if denominator else 0.0


def _thinned(points: int) -> Labels:
    """Return the places of at most CURVE_POINTS points of a curve, both ends among them."""
    places = np.linspace(0, points - 1, min(points, CURVE_POINTS))
    return np.unique(places.round().astype(np.int64))


def _as_object(confusion: Values) -> dict[str, dict[str, int]]:
    return {
        str(actual): {str(predicted): int(count) for predicted, count in enumerate(row)}
        for actual, row in enumerate(confusion)
    }
