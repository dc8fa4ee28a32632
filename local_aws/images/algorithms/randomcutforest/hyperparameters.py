"""RCF's hyperparameters: what they may be, and the settings they make.

https://docs.aws.amazon.com/sagemaker/latest/dg/rcf_hyperparameters.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.images.algorithms.hyperparameters import Allowed, Form, Whole, missing, unfit, unknown
from local_aws.images.algorithms.initialization import own, require_none

_METRICS = ("accuracy", "precision_recall_fscore")
_METRIC = rf'\s*"({"|".join(_METRICS)})"\s*'
KNOWN: Mapping[str, Allowed] = {
    "feature_dim": Whole(1, 10_000),
    "num_trees": Whole(50, 1000),
    "num_samples_per_tree": Whole(1, 2048),
    "eval_metrics": Form(rf"\s*\[({_METRIC}(,{_METRIC})*|\s*)\]\s*", f"a JSON list out of {list(_METRICS)}"),
}


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
    given = own(values)
    require_none([*missing(given, ("feature_dim",)), *unknown(given, KNOWN), *unfit(given, KNOWN)])
    return Settings(
        feature_dim=int(given["feature_dim"]),
        num_trees=int(given.get("num_trees", 100)),
        num_samples_per_tree=int(given.get("num_samples_per_tree", 256)),
        eval_metrics=tuple(json.loads(given.get("eval_metrics", json.dumps(_METRICS)))),
    )
