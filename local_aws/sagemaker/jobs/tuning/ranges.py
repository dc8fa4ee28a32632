"""The ranges that hyperparameters are tuned over, and the values in them as hyperparameters write them.

A value is drawn from a range on its own scale: `ReverseLogarithmic` draws the distance to 1 logarithmically.
What the scale `Auto` becomes is not documented; here it is logarithmic for a range of three orders of
magnitude.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Drawn = int | float | str

_WIDE = 1000


@dataclass(frozen=True)
class IntegerRange:
    """Whole numbers, both ends included."""

    name: str
    low: int
    high: int
    logarithmic: bool

    def text(self, drawn: Drawn) -> str:
        """The hyperparameter's value."""
        return str(int(drawn))

    def drawn(self, text: str) -> int | None:
        """What would have to be drawn for this value; None if the range doesn't hold it."""
        number = _number(text)
        if number is None or not (self.low <= number <= self.high and number.is_integer()):
            return None
        return int(number)


@dataclass(frozen=True)
class ContinuousRange:
    """Numbers; of one that is `reversed`, `low` and `high` are distances to 1."""

    name: str
    low: float
    high: float
    logarithmic: bool
    reversed: bool = False

    def text(self, drawn: Drawn) -> str:
        """The hyperparameter's value."""
        return repr(1 - float(drawn) if self.reversed else float(drawn))

    def drawn(self, text: str) -> float | None:
        """What would have to be drawn for this value; None if the range doesn't hold it."""
        number = _number(text)
        if number is not None and self.reversed:
            number = 1 - number
        return number if number is not None and self.low <= number <= self.high else None


@dataclass(frozen=True)
class CategoricalRange:
    """Some texts."""

    name: str
    values: tuple[str, ...]

    def text(self, drawn: Drawn) -> str:
        """The hyperparameter's value."""
        return str(drawn)

    def drawn(self, text: str) -> str | None:
        """What would have to be drawn for this value; None if the range doesn't hold it."""
        return text if text in self.values else None


Range = IntegerRange | ContinuousRange | CategoricalRange


def parse(ranges: Mapping[str, Any]) -> list[Range]:
    """The ranges of a request that keeps the rules."""
    return [
        *(_integer(item) for item in ranges.get("IntegerParameterRanges", [])),
        *(_continuous(item) for item in ranges.get("ContinuousParameterRanges", [])),
        *(
            CategoricalRange(item["Name"], tuple(item["Values"]))
            for item in ranges.get("CategoricalParameterRanges", [])
        ),
    ]


def _integer(item: Mapping[str, str]) -> IntegerRange:
    low, high = int(item["MinValue"]), int(item["MaxValue"])
    return IntegerRange(item["Name"], low, high, _is_logarithmic(item, low, high))


def _continuous(item: Mapping[str, str]) -> ContinuousRange:
    low, high = float(item["MinValue"]), float(item["MaxValue"])
    if item.get("ScalingType") == "ReverseLogarithmic":
        return ContinuousRange(item["Name"], 1 - high, 1 - low, logarithmic=True, reversed=True)
    return ContinuousRange(item["Name"], low, high, _is_logarithmic(item, low, high))


def _is_logarithmic(item: Mapping[str, str], low: float, high: float) -> bool:
    scaling = item.get("ScalingType", "Auto")
    return scaling == "Logarithmic" or (scaling == "Auto" and low > 0 and high / low >= _WIDE)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
