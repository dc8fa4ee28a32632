"""Metrics of a classifier of several labels, which are the whole numbers from 0 on.

The group `multiclass_classification_metrics` is as SageMaker Model Monitor and the Model Registry define it
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html); a group of our own
has the macro averages, in which rare labels count as much as frequent ones.

A standard deviation is that of `library.bootstrap`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from library.bootstrap import MINIMUM_RECORDS, SAMPLES, SEED

Counts = npt.NDArray[np.int64]
"""Confusion matrices in the last two axes: a row for each actual label, a column for each predicted one."""

Values = npt.NDArray[np.float64]


def confusion_matrix(actual: list[int], predicted: list[int], labels: int) -> Counts:
    """Return how often each actual label (row) was predicted as each of `labels` labels (column)."""
    cells = np.asarray(actual) * labels + np.asarray(predicted)
    return np.bincount(cells, minlength=labels**2).reshape(labels, labels)


def constant_classifier(confusion: Counts) -> Counts:
    """Return the confusion matrix of always predicting the most frequent label."""
    support = confusion.sum(axis=1)
    constant = np.zeros_like(confusion)
    constant[:, support.argmax()] = support
    return constant


def bootstrap(confusion: Counts) -> Counts:
    """Return the confusion matrices of test sets drawn with replacement, one on each row of the first axis.

    Drawing records with replacement is drawing their cells from the multinomial distribution, so the cost
    doesn't depend on the number of records.
    """
    draw = np.random.RandomState(SEED)
    total = confusion.sum()
    samples = draw.multinomial(total, confusion.ravel() / total, size=SAMPLES)
    return samples.reshape(SAMPLES, *confusion.shape)


def weighted_metrics(confusion: Counts) -> dict[str, Values]:
    """Return the metrics of Model Monitor's multiclass schema; averages are weighted by actual labels."""
    recall, precision = _recall_and_precision(confusion)
    support = confusion.sum(axis=-1)
    total = support.sum(axis=-1)
    weight = support / total[..., np.newaxis]
    by_label = {
        "recall": recall,
        "precision": precision,
        "f0_5": _f_score(recall, precision, 0.5),
        "f1": _f_score(recall, precision, 1.0),
        "f2": _f_score(recall, precision, 2.0),
    }
    weighted = {f"weighted_{name}": (values * weight).sum(axis=-1) for name, values in by_label.items()}
    return {"accuracy": np.trace(confusion, axis1=-2, axis2=-1) / total, **weighted}


def macro_metrics(confusion: Counts) -> dict[str, Values]:
    """Return the plain means over the labels."""
    recall, precision = _recall_and_precision(confusion)
    return {
        "macro_recall": recall.mean(axis=-1),
        "macro_precision": precision.mean(axis=-1),
        "macro_f1": _f_score(recall, precision, 1.0).mean(axis=-1),
    }


def _recall_and_precision(confusion: Counts) -> tuple[Values, Values]:
    """Return both for each label; a label that never occurs has recall 0, one never predicted precision 0."""
    correct = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _ratio(correct, confusion.sum(axis=-1)), _ratio(correct, confusion.sum(axis=-2))


def _f_score(recall: Values, precision: Values, beta: float) -> Values:
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def _ratio(numerator: Counts | Values, denominator: Counts | Values) -> Values:
    """Divide, with 0 where the denominator is 0."""
    result: Values = np.zeros(denominator.shape)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def evaluation(confusion: Counts) -> dict[str, dict[str, object]]:
    """Return the report: each metric with its value and its standard deviation."""
    samples = bootstrap(confusion)
    constant = constant_classifier(confusion)
    constant_samples = np.array([constant_classifier(sample) for sample in samples])
    baseline = _report(weighted_metrics(constant), weighted_metrics(constant_samples), confusion)
    return {
        "multiclass_classification_metrics": {
            "confusion_matrix": _as_object(confusion),
            **_report(weighted_metrics(confusion), weighted_metrics(samples), confusion),
            **{f"{name}_best_constant_classifier": metric for name, metric in baseline.items()},
        },
        "macro_averaged_metrics": dict(_report(macro_metrics(confusion), macro_metrics(samples), confusion)),
    }


def _report(
    values: dict[str, Values], samples: dict[str, Values], confusion: Counts
) -> dict[str, dict[str, object]]:
    known = confusion.sum() >= MINIMUM_RECORDS
    return {
        name: {
            "value": float(value),
            "standard_deviation": float(samples[name].std(ddof=1)) if known else "NaN",
        }
        for name, value in values.items()
    }


def _as_object(confusion: Counts) -> dict[str, dict[str, int]]:
    return {
        str(actual): {str(predicted): count for predicted, count in enumerate(row)}
        for actual, row in enumerate(confusion.tolist())
    }
