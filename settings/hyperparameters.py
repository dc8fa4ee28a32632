"""What the built-in algorithms take: their hyperparameters, and the rules between those.

Uses the standard library only, so that a function can carry this module, and `algorithms`, as they are.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from settings.algorithms.knn import KNN
from settings.algorithms.randomcutforest import RANDOM_CUT_FOREST
from settings.algorithms.specification import Algorithm, Hyperparameter, Problem, Values, refused
from settings.algorithms.xgboost import XGBOOST

__all__ = ["ALGORITHMS", "Algorithm", "Hyperparameter", "Problem", "Values", "check", "problems"]

ALGORITHMS: Mapping[str, Algorithm] = {
    "knn": KNN,
    "randomcutforest": RANDOM_CUT_FOREST,
    "xgboost": XGBOOST,
}


def problems(algorithm: str, values: Values) -> list[str]:
    """Say what is wrong with an algorithm's hyperparameters: for each fault the name and what is allowed."""
    return [str(problem) for problem in check(algorithm, values)]


def check(algorithm: str, values: Values, *, tuned: frozenset[str] = frozenset()) -> list[Problem]:
    """Say what is wrong with an algorithm's hyperparameters, some of which a tuning job may choose."""
    known = ALGORITHMS[algorithm].hyperparameters
    found = [_unknown(name, sorted(known)) for name in values if name not in known]
    for name, specification in known.items():
        if name in values and not specification.admits(values[name]):
            found.append(refused(name, values[name], specification.allowed))
        elif specification.required and name not in values and name not in tuned:
            found.append(Problem(name, f"missing; {algorithm} needs it: {specification.allowed}"))
    return found + ALGORITHMS[algorithm].rules(values)


def _unknown(name: str, known: list[str]) -> Problem:
    near = get_close_matches(name, known, n=1)
    suggestion = f"did you mean {near[0]}? " if near else ""
    return Problem(name, f"unknown hyperparameter; {suggestion}Known: {', '.join(known)}")
