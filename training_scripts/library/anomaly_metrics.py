"""How well flagged points of a series meet its labelled windows."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

FALSE_ALARM_WEIGHT = 0.11
_FAR = 3.0


class Span(NamedTuple):
    """The first and the last place of a labelled window."""

    first: int
    last: int

    def holds(self, place: int) -> bool:
        """Whether a place is in the window."""
        return self.first <= place <= self.last


def windows_hit(flagged: Sequence[int], windows: Sequence[Span]) -> int:
    """Return how many windows hold a flagged place."""
    return sum(any(window.holds(place) for place in flagged) for window in windows)


def share_in_windows(flagged: Sequence[int], windows: Sequence[Span]) -> float:
    """Return which share of the flagged places is in a window; 0 where nothing is flagged."""
    inside = sum(any(window.holds(place) for window in windows) for place in flagged)
    return inside / len(flagged) if flagged else 0.0


def nab_score(flagged: Sequence[int], windows: Sequence[Span]) -> float:
    """Return the score of the Numenta Anomaly Benchmark's standard profile: 100 is perfect, 0 flags nothing.

    A window counts by its first flagged place, the earlier the more. A false alarm costs 0.11, less shortly
    after a window. Other than NAB we leave no probationary period out.
    https://github.com/numenta/NAB/blob/master/nab/sweeper.py
    """
    score = 0.0
    for window in windows:
        hits = [place for place in flagged if window.holds(place)]
        width = window.last - window.first + 1
        score += _sigmoid(-(window.last - min(hits) + 1) / width) / _sigmoid(-1.0) if hits else -1.0
    for place in flagged:
        if not any(window.holds(place) for window in windows):
            score += FALSE_ALARM_WEIGHT * _false_alarm(place, windows)
    return 100 * (score + len(windows)) / (2 * len(windows))


def _false_alarm(place: int, windows: Sequence[Span]) -> float:
    before = [window for window in windows if window.last < place]
    if not before:
        return -1.0
    window = max(before, key=lambda candidate: candidate.last)
    return _sigmoid((place - window.last) / max(window.last - window.first, 1))


def _sigmoid(position: float) -> float:
    """1 long before a window's end, 0 at it, -1 long after."""
    return -1.0 if position > _FAR else 2 / (1 + exp(5 * position)) - 1
