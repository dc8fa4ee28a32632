"""Draws which records are trained on and which are held out.

What is drawn depends on the seed alone: NumPy has frozen this generator's stream (NEP 19), so every version
of NumPy makes the same split.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
"""The places of records in a table."""


def stratified(labels: npt.ArrayLike, shares: Sequence[float], seed: int) -> list[Rows]:
    """Return a part for each share, the shares adding up to 1, each in the order of the records.

    A part gets its share of each label's records, rounded; where a label has enough records for that, at
    least one.
    """
    draw = np.random.RandomState(seed)
    known = np.asarray(labels)
    part_of = np.zeros(len(known), dtype=np.uint8)
    for label in np.unique(known):
        rows = draw.permutation(np.flatnonzero(known == label))
        start = 0
        for part, count in enumerate(_counts(len(rows), shares)):
            part_of[rows[start : start + count]] = part
            start += count
    return [np.flatnonzero(part_of == part) for part in range(len(shares))]


def _counts(total: int, shares: Sequence[float]) -> list[int]:
    """Return how many of `total` records each part gets; the first gets what rounding leaves over."""
    counts = [max(round(total * share), 1) for share in shares[1:]]
    while sum(counts) >= total and max(counts, default=0) > 0:
        counts[counts.index(max(counts))] -= 1
    return [total - sum(counts), *counts]


def shuffled(count: int, share: float, seed: int) -> tuple[Rows, Rows]:
    """Return two parts of `count` records in an order drawn at random, the first with `share` of them."""
    order = np.random.RandomState(seed).permutation(count)
    cut = int(share * count)
    return order[:cut], order[cut:]
