"""The hyperparameters that a training script takes, checked, in the form in which XGBoost takes them.

SageMaker passes hyperparameters to a script as `--name value`. Each that is known here is used; any other is
refused, so that nobody tunes a name that changes nothing.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, Union

OBJECTIVE = "binary:logistic"
EVALUATION_METRICS = ("auc", "aucpr", "error", "logloss")

Number = Union[int, float]
BoosterParameters = dict[str, Union[int, float, str]]


class InvalidHyperparameterError(Exception):
    """A hyperparameter is unknown or its value isn't allowed; the text says what is."""


class Range(NamedTuple):
    """What a hyperparameter may be, and what it is unless given."""

    number: Callable[[str], Number]
    default: Number
    minimum: float
    maximum: float
    minimum_excluded: bool = False

    def parse(self, text: str) -> Number:
        """Return the number that `text` says, or raise ArgumentTypeError."""
        try:
            value = self.number(text)
        except ValueError:
            value = math.nan
        if self.minimum < value <= self.maximum or (value == self.minimum and not self.minimum_excluded):
            return value
        raise argparse.ArgumentTypeError(f"{text!r} is not {self.allowed()}")

    def allowed(self) -> str:
        """Say what is allowed."""
        kind = "a whole number" if self.number is int else "a number"
        least = f"greater than {self.minimum:g}" if self.minimum_excluded else f"from {self.minimum:g}"
        return f"{kind} {least}" if math.isinf(self.maximum) else f"{kind} {least} to {self.maximum:g}"


BOOSTER = {
    "max_depth": Range(int, 6, 1, 30),
    "eta": Range(float, 0.3, 0, 1, minimum_excluded=True),
    "gamma": Range(float, 0.0, 0, math.inf),
    "min_child_weight": Range(float, 1.0, 0, math.inf),
    "max_delta_step": Range(float, 0.0, 0, math.inf),
    "subsample": Range(float, 1.0, 0, 1, minimum_excluded=True),
    "colsample_bytree": Range(float, 1.0, 0, 1, minimum_excluded=True),
    "colsample_bylevel": Range(float, 1.0, 0, 1, minimum_excluded=True),
    "lambda": Range(float, 1.0, 0, math.inf),
    "alpha": Range(float, 0.0, 0, math.inf),
    "scale_pos_weight": Range(float, 1.0, 0, math.inf, minimum_excluded=True),
}
"""By XGBoost's names, with XGBoost's defaults (https://xgboost.readthedocs.io/en/stable/parameter.html)."""

TRAINING = {
    "num_round": Range(int, 1000, 1, 100_000),
    "early_stopping_rounds": Range(int, 50, 1, 100_000),
    "nfold": Range(int, 5, 2, 100),
    "seed": Range(int, 0, 0, 2**31 - 1),
}


@dataclass(frozen=True)
class Hyperparameters:
    """How to train: what XGBoost is given for each tree, and how many trees to grow and to keep."""

    booster: BoosterParameters
    num_round: int
    early_stopping_rounds: int
    nfold: int
    seed: int


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidHyperparameterError(message.replace("argument --", "hyperparameter "))


def parse(arguments: Sequence[str]) -> Hyperparameters:
    """Return the hyperparameters in a script's arguments, or raise InvalidHyperparameterError."""
    parser = _Parser(allow_abbrev=False, add_help=False)
    for name, allowed in {**BOOSTER, **TRAINING}.items():
        parser.add_argument(f"--{name}", type=allowed.parse, default=allowed.default)
    parser.add_argument("--eval_metric", choices=EVALUATION_METRICS, default="auc")
    found, unknown = parser.parse_known_args(arguments)
    if unknown:
        known = ", ".join([*BOOSTER, *TRAINING, "eval_metric"])
        raise InvalidHyperparameterError(f"{' '.join(unknown)}: no such hyperparameter, there are {known}")
    values = vars(found)
    booster: BoosterParameters = {name: values[name] for name in BOOSTER}
    booster.update(
        objective=OBJECTIVE, eval_metric=values["eval_metric"], tree_method="hist", seed=values["seed"]
    )
    return Hyperparameters(booster, **{name: values[name] for name in TRAINING})
