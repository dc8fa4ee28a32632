"""Standard deviations of metrics: over test sets drawn with replacement from the one there is.

Always the same 200 of them, from a generator whose stream NumPy has frozen (NEP 19). Below 200 records a
standard deviation is "NaN", as in SageMaker Model Monitor's reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

SAMPLES = 200
SEED = 1
MINIMUM_RECORDS = 200

Counts = npt.NDArray[np.int64]
"""How often each record of the test set is counted."""

Metrics = Callable[[Counts], Mapping[str, float]]


def with_deviations(metrics: Metrics, records: int) -> dict[str, dict[str, object]]:
    """Return each metric of the test set with its value and its standard deviation.

    `metrics` computes them from how often to count each record; one that isn't defined is NaN.
    """
    values = metrics(np.ones(records, dtype=np.int64))
    deviations = (
        _deviations(metrics, records) if records >= MINIMUM_RECORDS else dict.fromkeys(values, np.nan)
    )
    return {
        name: {"value": _as_json(value), "standard_deviation": _as_json(deviations[name])}
        for name, value in values.items()
    }


def _deviations(metrics: Metrics, records: int) -> dict[str, float]:
    draw = np.random.RandomState(SEED)
    drawn = [
        metrics(np.bincount(draw.randint(0, records, records), minlength=records)) for _ in range(SAMPLES)
    ]
    return {name: _deviation(np.array([sample[name] for sample in drawn])) for name in drawn[0]}


def _deviation(values: npt.NDArray[np.float64]) -> float:
    """Return the standard deviation of the defined ones among the values."""
    defined = values[~np.isnan(values)]
    return float(defined.std(ddof=1)) if len(defined) > 1 else float("nan")


def _as_json(value: float) -> object:
    return "NaN" if np.isnan(value) else float(value)
