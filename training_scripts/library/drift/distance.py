"""How far apart two samples of a feature are."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

SIGNIFICANCE = 0.001
"""How often samples of one distribution may be called different, over all features of a comparison."""

Values = NDArray[np.float64]


def distance(baseline: Values, captured: Values) -> float:
    """Return how far apart two samples are, from 0 (alike) to 1; nan stands for a missing value.

    It is the largest difference of the two empirical distribution functions (the Kolmogorov-Smirnov
    statistic), or that of the shares of missing values if it is larger. Neither sample may be empty.
    """
    missing = abs(float(np.isnan(baseline).mean() - np.isnan(captured).mean()))
    first, second = (np.sort(values[~np.isnan(values)]) for values in (baseline, captured))
    if not len(first) or not len(second):
        return missing
    places = np.concatenate([first, second])
    shares = [np.searchsorted(values, places, side="right") / len(values) for values in (first, second)]
    return max(missing, float(np.abs(shares[0] - shares[1]).max()))


def by_chance(baseline_records: int, captured_records: int, features: int) -> float:
    """Return the distance that samples of these sizes reach by chance, in one comparison of a thousand.

    The Kolmogorov-Smirnov test's critical value for large samples, with Bonferroni's correction for as many
    tests as there are features (Stephens, Journal of the Royal Statistical Society B 32, 1970).
    """
    scale = sqrt(-log(SIGNIFICANCE / features / 2) / 2)
    return scale * sqrt((baseline_records + captured_records) / (baseline_records * captured_records))
