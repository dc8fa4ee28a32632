"""What the columns of a raw file may hold. Uses the standard library only: inference reads records too.

A value of a category is kept as its place in `Category.values`, a number as a float. A missing one is the
place after the last, and not a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isnan, nan
from typing import Union

from library.faults import shown

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Category:
    """A column that holds one of a few words."""

    name: str
    values: tuple[str, ...]
    missing: str | None = None
    """How the raw file writes a missing value; None where none may be missing."""

    @property
    def allowed(self) -> str:
        """In words, what it may hold."""
        return " or ".join(filter(None, (", ".join(self.values), _missing_in_words(self.missing))))

    @property
    def schema(self) -> dict[str, object]:
        """The JSON Schema of what `accept` takes."""
        if self.missing is None:
            return {"type": "string", "enum": list(self.values)}
        return {"type": ["string", "null"], "enum": [*self.values, self.missing, None]}

    def parse(self, text: str) -> int:
        """Return what a cell of the raw file holds, or raise ValueError."""
        if text in self.values:
            return self.values.index(text)
        if text == self.missing:
            return len(self.values)
        raise ValueError(f"{shown(text)} is not one of {self.allowed}")

    def accept(self, value: object) -> int:
        """Return what a value of a record to predict stands for, or raise ValueError."""
        if value is None and self.missing is not None:
            return len(self.values)
        if isinstance(value, str):
            return self.parse(value)
        raise ValueError(f"{shown(value)} is not one of {self.allowed}")


@dataclass(frozen=True)
class Number:
    """A column that holds numbers."""

    name: str
    minimum: float
    maximum: float
    whole: bool = True
    missing: str | None = None
    """How the raw file writes a missing value; None where none may be missing."""

    @property
    def allowed(self) -> str:
        """In words, what it may hold."""
        kind = "a whole number" if self.whole else "a number"
        words = f"{kind} from {self.minimum:.12g} to {self.maximum:.12g}"
        return " or ".join(filter(None, (words, _missing_in_words(self.missing))))

    @property
    def schema(self) -> dict[str, object]:
        """The JSON Schema of what `accept` takes."""
        kind = "integer" if self.whole else "number"
        number: dict[str, object] = {"type": kind, "minimum": self.minimum, "maximum": self.maximum}
        return number if self.missing is None else {"anyOf": [number, {"enum": [self.missing, None]}]}

    def parse(self, text: str) -> float:
        """Return what a cell of the raw file holds, or raise ValueError."""
        if text == self.missing:
            return nan
        if _NUMBER.fullmatch(text):
            number = float(text)
            if self._admits(number):
                return number
        raise ValueError(f"{shown(text)} is not {self.allowed}")

    def accept(self, value: object) -> float:
        """Return what a value of a record to predict stands for, or raise ValueError."""
        if self.missing is not None and (value is None or value == self.missing):
            return nan
        if isinstance(value, (int, float)) and not isinstance(value, bool) and self._admits(value):
            return float(value)
        raise ValueError(f"{shown(value)} is not {self.allowed}")

    def _admits(self, number: float) -> bool:
        """Whether the number is in range; what is not a number is in none."""
        return self.minimum <= number <= self.maximum and (not self.whole or number == int(number))


Field = Union[Category, Number]


def number_text(number: float) -> str:
    """Return a number as CSV has it: as short as it can be, an empty cell where it is missing."""
    if isnan(number):
        return ""
    return str(int(number)) if number == int(number) else repr(number)


def _missing_in_words(missing: str | None) -> str:
    return "" if missing is None else f"{missing} where it is missing"
