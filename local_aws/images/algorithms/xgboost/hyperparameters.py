"""XGBoost's hyperparameters: what they may be, and the settings they make."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.images.algorithms.hyperparameters import missing, unfit, unknown
from local_aws.images.algorithms.xgboost.specification import KNOWN, MAXIMIZED, REQUIRED, inconsistent
from local_aws.images.toolkit.errors import ClientError

_ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
_TUNING_METRIC = "_tuning_objective_metric"
_NOT_XGBOOSTS = (
    "num_round",
    "eval_metric",
    "early_stopping_rounds",
    "csv_weights",
    "save_model_on_termination",
    "use_dask_gpu_training",
    "_kfold",
    "_num_cv_round",
)

COMPUTED_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "mse",
    "precision",
    "precision_macro",
    "precision_micro",
    "r2",
    "recall",
    "recall_macro",
    "recall_micro",
)
"""The metrics that the container adds to XGBoost's own."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Validated hyperparameters: those XGBoost takes as they are, and those of the training around it."""

    parameters: Mapping[str, Any]
    num_round: int
    computed_metrics: tuple[str, ...] = ()
    early_stopping_rounds: int = 0
    early_stopping_metric: str | None = None
    csv_weights: bool = False
    folds: int = 0
    fold_rounds: int = 1
    seed: int = 0
    objective: str = "reg:squarederror"

    @property
    def maximizes(self) -> bool:
        """Whether the metric that stops early gets better as it grows."""
        return (self.early_stopping_metric or "").partition("@")[0] in MAXIMIZED


def parse(values: Mapping[str, str]) -> Settings:
    """The settings that a job's hyperparameters make.

    Raises:
        ClientError: a hyperparameter is missing, unknown or out of range; the text names the first.
    """
    given = {_ALIASES.get(name, name): value for name, value in values.items() if name != _TUNING_METRIC}
    faults = [*missing(given, REQUIRED), *unknown(given, KNOWN), *unfit(given, KNOWN)]
    faults = faults or inconsistent(given)
    if faults:
        raise ClientError(f"Failed to validate user-provided hyperparameters: {faults[0]}")
    metrics = _metrics(given.get("eval_metric", ""), values.get(_TUNING_METRIC, ""))
    own = {name: value for name, value in given.items() if name not in _NOT_XGBOOSTS}
    built_in = [metric for metric in metrics if metric not in COMPUTED_METRICS]
    return Settings(
        parameters={**own, **_structured(own), **({"eval_metric": built_in} if built_in else {})},
        num_round=int(given["num_round"]),
        computed_metrics=tuple(metric for metric in metrics if metric in COMPUTED_METRICS),
        early_stopping_rounds=int(given.get("early_stopping_rounds", 0)),
        early_stopping_metric=metrics[-1] if metrics else None,
        csv_weights=given.get("csv_weights") == "1",
        folds=int(given.get("_kfold", 0)),
        fold_rounds=int(given.get("_num_cv_round", 1)),
        seed=int(given.get("seed", 0)),
        objective=given.get("objective", "reg:squarederror"),
    )


def _metrics(eval_metric: str, tuned: str) -> tuple[str, ...]:
    """The metrics to report; one that a tuning job is for comes last, as early stopping looks at the last."""
    names = [name.strip() for name in eval_metric.split(",") if name.strip()]
    objective = tuned.partition(":")[2]
    if objective:
        names = [name for name in names if name != objective] + [objective]
    return tuple(dict.fromkeys(names))


def _structured(own: Mapping[str, str]) -> dict[str, Any]:
    """Parameters that XGBoost wants in another form than text."""
    name = "interaction_constraints"
    return {name: json.loads(own[name])} if name in own else {}
