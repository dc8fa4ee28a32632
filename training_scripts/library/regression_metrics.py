"""Metrics of a model that predicts a number: the group `regression_metrics` of SageMaker Model Monitor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from library import bootstrap

Values = npt.NDArray[np.float64]


def evaluation(actual: Values, predicted: Values) -> dict[str, dict[str, object]]:
    """Return the group: each metric with its value and its standard deviation."""
    errors = predicted - actual

    def metrics(counts: bootstrap.Counts) -> dict[str, float]:
        squared = float(np.average(errors**2, weights=counts))
        spread = float(np.average((actual - np.average(actual, weights=counts)) ** 2, weights=counts))
        return {
            "mae": float(np.average(np.abs(errors), weights=counts)),
            "mse": squared,
            "rmse": squared**0.5,
            "r2": 1 - squared / spread if spread else float("nan"),
        }

    return {"regression_metrics": dict(bootstrap.with_deviations(metrics, len(actual)))}
