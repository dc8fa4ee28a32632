from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from library import regression_metrics


def test_values_are_those_of_scikit_learn() -> None:
    # Given
    draw = np.random.RandomState(0)
    actual = draw.normal(size=400)
    predicted = actual + draw.normal(scale=0.5, size=400)

    # When
    group: dict[str, Any] = regression_metrics.evaluation(actual, predicted)["regression_metrics"]

    # Then
    assert {name: metric["value"] for name, metric in group.items()} == pytest.approx(
        {
            "mae": metrics.mean_absolute_error(actual, predicted),
            "mse": metrics.mean_squared_error(actual, predicted),
            "rmse": metrics.mean_squared_error(actual, predicted) ** 0.5,
            "r2": metrics.r2_score(actual, predicted),
        }
    )
    assert all(0 < metric["standard_deviation"] < 0.1 for metric in group.values())


def test_small_case_by_hand() -> None:
    group: dict[str, Any] = regression_metrics.evaluation(np.array([1.0, 3.0]), np.array([2.0, 5.0]))[
        "regression_metrics"
    ]

    assert {name: metric["value"] for name, metric in group.items()} == {
        "mae": 1.5,
        "mse": 2.5,
        "rmse": 2.5**0.5,
        "r2": 1 - 2.5 / 1,
    }


def test_the_same_value_throughout_has_no_r2() -> None:
    group: dict[str, Any] = regression_metrics.evaluation(np.array([2.0, 2.0]), np.array([2.0, 3.0]))[
        "regression_metrics"
    ]

    assert group["r2"] == {"value": "NaN", "standard_deviation": "NaN"}
