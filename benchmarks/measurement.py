"""Taking measurements in turn, and saying what came out."""

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Samples:
    """What one of the compared things took, once a round, in ms or in seconds."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The value that half of the rounds stay below."""
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        """The value that all but one in a hundred rounds stay below."""
        return sorted(self.values)[min(len(self.values) - 1, int(len(self.values) * 0.99))]


def interleaved(
    measurements: Mapping[str, Callable[[], float]], *, rounds: int, warm_up: int = 1
) -> dict[str, Samples]:
    """Take each measurement once a round, so that what else the machine does falls on all of them alike.

    The first `warm_up` rounds don't count.
    """
    taken: dict[str, list[float]] = {name: [] for name in measurements}
    for _ in range(warm_up + rounds):
        for name, measure in measurements.items():
            taken[name].append(measure())
    return {name: Samples(values[warm_up:]) for name, values in taken.items()}


def machine() -> str:
    """What the numbers were taken on."""
    system = f"{platform.system()} {platform.machine()}"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {system}, load {load}"


def headline(title: str) -> None:
    """Say what is measured, and on what machine."""
    print(f"\n{title}\n  {machine()}")


def result(name: str, text: str) -> None:
    """Say one number."""
    print(f"  {name:<34} {text}")


def verdict(name: str, text: str, target: str, *, met: bool) -> None:
    """Say a number that has a target."""
    result(name, f"{text}  (target {target}: {'met' if met else 'missed'})")
