"""What the built-in algorithms take: their hyperparameters, and the rules between those.

Uses the standard library only, so that a function can carry this module as it is.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
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
    tunable: bool = False

    @property
    def allowed(self) -> str:
        """In words, what it may be."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        kind = "a whole number" if self.type == "integer" else "a number"
        if self.minimum is not None and self.maximum is not None:
            kind += f" from {self.minimum} to {self.maximum}"
        elif self.minimum is not None:
            kind += f" of at least {self.minimum}"
        return " or ".join((kind, *self.words))

    def admits(self, value: object) -> bool:
        """Whether it may have this value, given as a number or, as SageMaker's API has it, as text."""
        if self.choices or value in self.words:
            return str(value) in (*self.choices, *self.words)
        number = _number(value)
        if number is None or (self.type == "integer" and not _WHOLE.fullmatch(str(value))):
            return False
        return (self.minimum is None or number >= self.minimum) and (
            self.maximum is None or number <= self.maximum
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
    rules: Callable[[Values], list[Problem]]


def problems(algorithm: str, values: Values) -> list[str]:
    """Say what is wrong with an algorithm's hyperparameters: for each fault the name and what is allowed."""
    return [str(problem) for problem in check(algorithm, values)]


def check(algorithm: str, values: Values, *, tuned: frozenset[str] = frozenset()) -> list[Problem]:
    """Say what is wrong with an algorithm's hyperparameters, some of which a tuning job may choose."""
    known = ALGORITHMS[algorithm].hyperparameters
    found = [_unknown(name, sorted(known)) for name in values if name not in known]
    for name, specification in known.items():
        if name in values and not specification.admits(values[name]):
            found.append(_refused(name, values[name], specification.allowed))
        elif specification.required and name not in values and name not in tuned:
            found.append(Problem(name, f"missing; {algorithm} needs it: {specification.allowed}"))
    return found + ALGORITHMS[algorithm].rules(values)


def _number(value: object) -> float | None:
    """The value as a number, or None when SageMaker wouldn't read it as one."""
    if not _DECIMAL.fullmatch(str(value)):
        return None
    number = float(str(value))
    return number if isfinite(number) else None


def _refused(name: str, value: object, allowed: str) -> Problem:
    return Problem(name, f"{json.dumps(value, default=str)} is not allowed; {name} is {allowed}")


def _unknown(name: str, known: list[str]) -> Problem:
    near = get_close_matches(name, known, n=1)
    suggestion = f"did you mean {near[0]}? " if near else ""
    return Problem(name, f"unknown hyperparameter; {suggestion}Known: {', '.join(known)}")


def _knn_rules(values: Values) -> list[Problem]:
    return [*_dimension_reduction_rules(values), *_index_rules(values)]


def _dimension_reduction_rules(values: Values) -> list[Problem]:
    method, target = "dimension_reduction_type", "dimension_reduction_target"
    if method in values and target not in values:
        return [Problem(target, f"missing; {method} needs it: a whole number from 1 to below feature_dim")]
    if target in values and method not in values:
        return [_refused(target, values[target], f"only used with {method}: set it to sign or fjlt")]
    reduced, dimension = _number(values.get(target)), _number(values.get("feature_dim"))
    if reduced is not None and dimension is not None and reduced >= dimension:
        return [_refused(target, values[target], f"less than feature_dim ({values['feature_dim']})")]
    return []


def _index_rules(values: Values) -> list[Problem]:
    index = values.get("index_type", "faiss.Flat")
    metric, lists, parts = "index_metric", "faiss_index_ivf_nlists", "faiss_index_pq_m"
    found = []
    if index == "faiss.IVFPQ" and values.get(metric, "L2") != "L2":
        found.append(_refused(metric, values[metric], "L2 when index_type is faiss.IVFPQ"))
    if lists in values and index not in {"faiss.IVFFlat", "faiss.IVFPQ"}:
        allowed = "only used when index_type is faiss.IVFFlat or faiss.IVFPQ"
        found.append(_refused(lists, values[lists], allowed))
    if parts in values and index != "faiss.IVFPQ":
        found.append(_refused(parts, values[parts], "only used when index_type is faiss.IVFPQ"))
    centroids, points = _number(values.get(lists)), _number(values.get("sample_size"))
    if centroids is not None and points is not None and centroids > points:
        allowed = f"at most sample_size ({values['sample_size']}), as each centroid needs a point"
        found.append(_refused(lists, values[lists], allowed))
    return found


_KNN = Algorithm(
    repository="knn",
    hyperparameters={
        "feature_dim": Hyperparameter(type="integer", required=True, minimum=1),
        "k": Hyperparameter(type="integer", required=True, minimum=1, tunable=True),
        "predictor_type": Hyperparameter(
            type="categorical", required=True, choices=("classifier", "regressor")
        ),
        "sample_size": Hyperparameter(type="integer", required=True, minimum=1, tunable=True),
        "dimension_reduction_type": Hyperparameter(type="categorical", choices=("sign", "fjlt")),
        "dimension_reduction_target": Hyperparameter(type="integer", minimum=1),
        "index_type": Hyperparameter(
            type="categorical", choices=("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ")
        ),
        "index_metric": Hyperparameter(type="categorical", choices=("L2", "INNER_PRODUCT", "COSINE")),
        "faiss_index_ivf_nlists": Hyperparameter(type="integer", minimum=1, words=("auto",)),
        "faiss_index_pq_m": Hyperparameter(
            type="categorical",
            choices=(
                "1",
                "2",
                "3",
                "4",
                "8",
                "12",
                "16",
                "20",
                "24",
                "28",
                "32",
                "40",
                "48",
                "56",
                "64",
                "96",
            ),
        ),
        "mini_batch_size": Hyperparameter(type="integer", minimum=1),
    },
    objectives={"test:accuracy": "Maximize", "test:mse": "Minimize"},
    channels=("train", "test"),
    required_channels=("train",),
    channel_types=("text/csv", "application/x-recordio-protobuf"),
    requests=("text/csv", "application/json", "application/jsonlines", "application/x-recordio-protobuf"),
    answers=("application/json", "application/jsonlines", "application/x-recordio-protobuf"),
    rules=_knn_rules,
)
"""https://docs.aws.amazon.com/sagemaker/latest/dg/k-nearest-neighbors.html and the pages below it"""

ALGORITHMS: Mapping[str, Algorithm] = {"knn": _KNN}
