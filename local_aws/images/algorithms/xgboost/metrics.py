"""The metrics that the container computes beside XGBoost's own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]
Evaluate = Callable[[Values, Any], list[tuple[str, float]]]

_LABEL_METRICS: dict[str, tuple[str, dict[str, str]]] = {
    "accuracy": ("accuracy_score", {}),
    "balanced_accuracy": ("balanced_accuracy_score", {}),
    "f1": ("f1_score", {"average": "macro"}),
    "f1_binary": ("f1_score", {"average": "binary"}),
    "f1_macro": ("f1_score", {"average": "macro"}),
    "precision": ("precision_score", {"average": "binary"}),
    "precision_macro": ("precision_score", {"average": "macro"}),
    "precision_micro": ("precision_score", {"average": "micro"}),
    "recall": ("recall_score", {"average": "binary"}),
    "recall_macro": ("recall_score", {"average": "macro"}),
    "recall_micro": ("recall_score", {"average": "micro"}),
}
_VALUE_METRICS = {"mse": "mean_squared_error", "r2": "r2_score"}


def evaluation(names: Sequence[str], objective: str) -> Evaluate:
    """What XGBoost calls with predictions and data to get the metrics of these names."""
    # It takes longer to import than most models to train, and few jobs ask for its metrics.
    from sklearn import metrics  # noqa: PLC0415

    def evaluate(predictions: Values, data: Any) -> list[tuple[str, float]]:
        return [(name, _value(metrics, name, objective, predictions, data.get_label())) for name in names]

    return evaluate


def labels_of(predictions: Values, objective: str) -> npt.NDArray[np.float32]:
    """The classes that a classifier's predictions stand for."""
    if predictions.ndim == 2:
        return np.asarray(predictions.argmax(axis=1), np.float32)
    if objective == "multi:softmax":
        return predictions
    return (predictions > (0.0 if objective == "binary:logitraw" else 0.5)).astype(np.float32)


def _value(library: Any, name: str, objective: str, predictions: Values, truth: Values) -> float:
    if name in _VALUE_METRICS:
        return float(getattr(library, _VALUE_METRICS[name])(truth, predictions))
    function, options = _LABEL_METRICS[name]
    return float(getattr(library, function)(truth, labels_of(predictions, objective), **options))
