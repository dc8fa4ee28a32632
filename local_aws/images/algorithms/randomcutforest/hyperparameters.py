"""RCF's hyperparameters: what they may be, and the settings they make.

https://docs.aws.amazon.com/sagemaker/latest/dg/rcf_hyperparameters.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.images.toolkit.errors import ClientError

_RANGES: Mapping[str, tuple[int, int]] = {
    "feature_dim": (1, 10_000),
    "num_trees": (50, 1000),
    "num_samples_per_tree": (1, 2048),
}
_METRICS = ("accuracy", "precision_recall_fscore")
_KNOWN = {*_RANGES, "eval_metrics"}


@dataclass(frozen=True)
class Settings:
    """Validated hyperparameters."""

    feature_dim: int
    num_trees: int
    num_samples_per_tree: int
    eval_metrics: tuple[str, ...]


def parse(values: Mapping[str, str]) -> Settings:
    """The settings that a job's hyperparameters make.

    Raises:
        ClientError: a hyperparameter is missing, unknown or out of range; the text names the first.
    """
    given = {name: value for name, value in values.items() if not name.startswith("_")}
    faults = [*_missing(given), *_unknown(given), *_out_of_range(given), *_wrong_metrics(given)]
    if faults:
        raise ClientError(
            "Unable to initialize the algorithm. Failed to validate user-provided hyperparameters. "
            f"(caused by ValidationError)\n\nCaused by: {faults[0]}"
        )
    return Settings(
        feature_dim=int(given["feature_dim"]),
        num_trees=int(given.get("num_trees", 100)),
        num_samples_per_tree=int(given.get("num_samples_per_tree", 256)),
        eval_metrics=tuple(_metrics(given.get("eval_metrics")) or ()),
    )


def _missing(given: Mapping[str, str]) -> list[str]:
    return [] if "feature_dim" in given else ["'feature_dim' is a required property"]


def _unknown(given: Mapping[str, str]) -> list[str]:
    unknown = sorted(set(given) - _KNOWN)
    return [f"Additional properties are not allowed ('{name}' was unexpected)" for name in unknown]


def _out_of_range(given: Mapping[str, str]) -> list[str]:
    return [
        f"'{given[name]}' is not valid for '{name}': it must be an integer from {low} to {high}"
        for name, (low, high) in _RANGES.items()
        if name in given and not _is_integer_in(given[name], low, high)
    ]


def _wrong_metrics(given: Mapping[str, str]) -> list[str]:
    if _metrics(given.get("eval_metrics")) is not None:
        return []
    return [f"'{given['eval_metrics']}' is not valid for 'eval_metrics': a JSON list out of {list(_METRICS)}"]


def _metrics(text: str | None) -> list[str] | None:
    """The metrics a text names, all of them without a text; None if it is no list of metrics."""
    if text is None:
        return list(_METRICS)
    try:
        names = json.loads(text)
    except ValueError:
        return None
    return names if isinstance(names, list) and all(name in _METRICS for name in names) else None


def _is_integer_in(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and low <= int(text) <= high
