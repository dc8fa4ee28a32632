"""From a series of half-hourly values to what a random cut forest scores: residuals, and shingles of them.

A residual compares a value with earlier ones only, so a point can be scored as soon as it is there. Uses the
standard library only: preparation and inference must give the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log1p
from statistics import median

STEP = timedelta(minutes=30)
WEEK = timedelta(weeks=1) // STEP
RESIDUALS = ("none", "seasonal_difference", "log_median_residual")


@dataclass(frozen=True)
class Shingling:
    """How a point becomes a record: the residuals of `shingle` values, of which it is the last.

    `residual` is one of
    - none: the value itself;
    - seasonal_difference: the value less that of the same half-hour a week before;
    - log_median_residual: log(1 + value) less that of the median of the same half-hour in the `weeks` before.
    """

    residual: str = "log_median_residual"
    weeks: int = 8
    shingle: int = 2

    @property
    def history(self) -> int:
        """How many values a residual needs before its own."""
        return {"none": 0, "seasonal_difference": WEEK, "log_median_residual": WEEK * self.weeks}[
            self.residual
        ]

    @property
    def first(self) -> int:
        """The place of the first value that has a record."""
        return self.history + self.shingle - 1

    @property
    def columns(self) -> list[str]:
        """The names of a record's residuals, the oldest first."""
        return [f"residual_{ago}_before" for ago in range(self.shingle - 1, 0, -1)] + ["residual"]

    def records(self, values: Sequence[float]) -> list[list[float]]:
        """Return the record of each value from `first` on."""
        residuals = [round(self._residual(values, place), 6) for place in range(self.history, len(values))]
        return [residuals[end - self.shingle : end] for end in range(self.shingle, len(residuals) + 1)]

    def _residual(self, values: Sequence[float], place: int) -> float:
        if self.residual == "none":
            return values[place]
        if self.residual == "seasonal_difference":
            return values[place] - values[place - WEEK]
        return log1p(values[place]) - log1p(median(values[place - self.history : place : WEEK]))


def csv_line(record: Sequence[float]) -> str:
    """Return a record as the forest is trained on and asked with."""
    return ",".join(f"{number:.12g}" for number in record)
