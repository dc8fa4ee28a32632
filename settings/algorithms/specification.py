"""What a built-in algorithm takes, as a table says it: hyperparameters, channels, metrics, formats."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple

_WHOLE = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

Values = Mapping[str, object]


class Problem(NamedTuple):
    """A hyperparameter that can't be used, and why; reads `k: 0 is not allowed; …`."""

    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """What one hyperparameter may be."""

    type: Literal["integer", "continuous", "categorical"]
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Words that may stand for a number, such as `auto`."""
    above: float | None = None
    """Like minimum, but itself out."""
    below: float | None = None
    """Like maximum, but itself out."""
    form: tuple[str, str] | None = None
    """For a text that is no single choice: the regular expression it must match, and what that means."""
    tunable: bool = False

    @property
    def allowed(self) -> str:
        """In words, what it may be."""
        if self.form is not None:
            return self.form[1]
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        kind = "a whole number" if self.type == "integer" else "a number"
        if self.minimum is not None and self.maximum is not None:
            kind += f" from {self.minimum} to {self.maximum}"
        elif self.minimum is not None:
            kind += f" of at least {self.minimum}"
        elif self.above is not None:
            kind += f" above {self.above}"
            kind += f" and at most {self.maximum}" if self.maximum is not None else ""
            kind += f" and below {self.below}" if self.below is not None else ""
        return " or ".join((kind, *self.words))

    def admits(self, value: object) -> bool:
        """Whether it may have this value, given as a number or, as SageMaker's API has it, as text."""
        if self.form is not None:
            return re.fullmatch(self.form[0], str(value)) is not None
        if self.choices or value in self.words:
            return str(value) in (*self.choices, *self.words)
        size = number(value)
        if size is None or (self.type == "integer" and not _WHOLE.fullmatch(str(value))):
            return False
        return self._is_in_range(size)

    def _is_in_range(self, size: float) -> bool:
        return (
            (self.minimum is None or size >= self.minimum)
            and (self.maximum is None or size <= self.maximum)
            and (self.above is None or size > self.above)
            and (self.below is None or size < self.below)
        )


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """A built-in algorithm: its image, hyperparameters and metrics, and the formats it reads and writes."""

    repository: str
    hyperparameters: Mapping[str, Hyperparameter]
    objectives: Mapping[str, Literal["Maximize", "Minimize"]]
    channels: tuple[str, ...]
    required_channels: tuple[str, ...]
    channel_types: tuple[str, ...]
    requests: tuple[str, ...]
    answers: tuple[str, ...]
    rules: Callable[[Values], list[Problem]] = lambda _values: []
    sharded_channels: tuple[str, ...] = ()
    """Channels that must be ShardedByS3Key."""


def number(value: object) -> float | None:
    """The value as a number, or None when SageMaker wouldn't read it as one."""
    if not _DECIMAL.fullmatch(str(value)):
        return None
    parsed = float(str(value))
    return parsed if isfinite(parsed) else None


def refused(name: str, value: object, allowed: str) -> Problem:
    """The problem of a value that isn't allowed."""
    return Problem(name, f"{json.dumps(value, default=str)} is not allowed; {name} is {allowed}")
