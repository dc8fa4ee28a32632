"""What an algorithm's hyperparameters may be, and what is wrong with those given; SageMaker hands over texts.

The error texts are those of the built-in algorithms, which check against a JSON schema.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

_DECIMAL = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)


class Allowed(Protocol):
    """What one hyperparameter may be."""

    def fault(self, name: str, text: str) -> str:
        """What is wrong with this value; empty if nothing is."""


@dataclass(frozen=True)
class Whole:
    """A whole number, both ends included."""

    low: int
    high: int | None = None

    def fault(self, name: str, text: str) -> str:
        """See Allowed."""
        if _WHOLE.fullmatch(text) and self.low <= int(text) and (self.high is None or int(text) <= self.high):
            return ""
        upper = f"of at least {self.low}" if self.high is None else f"from {self.low} to {self.high}"
        return f"'{text}' is not valid for '{name}': it must be an integer {upper}"


@dataclass(frozen=True)
class Real:
    """A finite number in an interval; the ends in `without` are not in it."""

    low: float
    high: float = math.inf
    without: tuple[float, ...] = ()

    def fault(self, name: str, text: str) -> str:
        """See Allowed."""
        number = float(text) if _DECIMAL.fullmatch(text) else math.nan
        if math.isfinite(number) and self.low <= number <= self.high and number not in self.without:
            return ""
        start, end = "(" if self.low in self.without else "[", ")" if self.high in self.without else "]"
        interval = f"{start}{self.low:g}, {self.high:g}{end if math.isfinite(self.high) else ')'}"
        return f"'{text}' is not valid for '{name}': it must be a number in {interval}"


@dataclass(frozen=True)
class OneOf:
    """One of some texts."""

    choices: Sequence[str]

    def fault(self, name: str, text: str) -> str:
        """See Allowed."""
        return "" if text in self.choices else f"'{text}' is not one of {list(self.choices)} for '{name}'"


@dataclass(frozen=True)
class Form:
    """A text that a regular expression describes, and in words what it is."""

    pattern: str
    meaning: str

    def fault(self, name: str, text: str) -> str:
        """See Allowed."""
        if re.fullmatch(self.pattern, text):
            return ""
        return f"'{text}' is not valid for '{name}': it must be {self.meaning}"


def missing(given: Mapping[str, str], required: Sequence[str]) -> list[str]:
    """The faults of hyperparameters that must be given."""
    return [f"'{name}' is a required property" for name in required if name not in given]


def unknown(given: Mapping[str, str], known: Mapping[str, Allowed]) -> list[str]:
    """The faults of hyperparameters that there aren't."""
    names = sorted(set(given) - set(known))
    return [f"Additional properties are not allowed ('{name}' was unexpected)" for name in names]


def unfit(given: Mapping[str, str], known: Mapping[str, Allowed]) -> list[str]:
    """The faults of hyperparameters that can't have these values."""
    found = (known[name].fault(name, text) for name, text in given.items() if name in known)
    return [fault for fault in found if fault]
