"""XGBoost: docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html and xgboost-tuning.html.

Where the pages are silent, ranges are those of AWS's container: github.com/aws/sagemaker-xgboost-container.
"""

from collections.abc import Mapping
from typing import Literal

from settings.algorithms.specification import Algorithm, Hyperparameter, Problem, Values, refused

_MAXIMIZED = (
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "precision_macro",
    "precision_micro",
    "r2",
    "recall",
    "recall_macro",
    "recall_micro",
)
_MINIMIZED = (
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
_OBJECTIVES: Mapping[str, Literal["Maximize", "Minimize"]] = {
    **{f"validation:{metric}": "Maximize" for metric in _MAXIMIZED},
    **{f"validation:{metric}": "Minimize" for metric in _MINIMIZED},
}
_METRIC = "|".join((r"(error|ndcg|map)@[0-9.]+-?", r"tweedie-nloglik@[0-9.]+", *_MAXIMIZED, *_MINIMIZED))
_METRICS = (
    rf"({_METRIC})(\s*,\s*({_METRIC}))*",
    f"a list, separated by commas, of {', '.join((*_MAXIMIZED, *_MINIMIZED))}, error@t, ndcg@n and map@n",
)
_UPDATER = (
    "grow_colmaker|distcol|grow_histmaker|grow_local_histmaker|grow_quantile_histmaker|grow_skmaker|"
    "sync|refresh|prune|shotgun|coord_descent"
)
_UPDATERS = (
    rf"({_UPDATER})(\s*,\s*({_UPDATER}))*",
    f"a list, separated by commas, of {_UPDATER.replace('|', ', ')}",
)
_MONOTONE = (r"\(\s*(-1|0|1)(\s*,\s*(-1|0|1))*\s*,?\s*\)", "a tuple of -1, 0 and 1, such as (1, 0, -1)")
_INDICES = r"\[\s*[0-9]+(\s*,\s*[0-9]+)*\s*\]"
_INTERACTIONS = (
    rf"\[\s*{_INDICES}(\s*,\s*{_INDICES})*\s*\]",
    "a list of lists of columns, such as [[0, 1], [2, 3, 4]]",
)

_TASKS = (
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
)
_SEED_END = 2**31


def _whole(minimum: int, maximum: int | None = None, *, tunable: bool = False) -> Hyperparameter:
    return Hyperparameter(type="integer", minimum=minimum, maximum=maximum, tunable=tunable)


def _number(minimum: float, maximum: float | None = None, *, tunable: bool = False) -> Hyperparameter:
    return Hyperparameter(type="continuous", minimum=minimum, maximum=maximum, tunable=tunable)


def _share(*, tunable: bool = False) -> Hyperparameter:
    return Hyperparameter(type="continuous", above=0, maximum=1, tunable=tunable)


def _one_of(*choices: str) -> Hyperparameter:
    return Hyperparameter(type="categorical", choices=choices)


def _text(form: tuple[str, str]) -> Hyperparameter:
    return Hyperparameter(type="categorical", form=form)


def _rules(values: Values) -> list[Problem]:
    return [*_task_rules(values), *_metric_rules(values), *_constraint_rules(values)]


def _task_rules(values: Values) -> list[Problem]:
    task = str(values.get("objective", "reg:squarederror"))
    if task.startswith("multi:") and "num_class" not in values:
        return [Problem("num_class", f"missing; objective {task} needs it: a whole number of at least 2")]
    if not task.startswith("multi:") and "num_class" in values:
        allowed = "only used when objective is multi:softmax or multi:softprob"
        return [refused("num_class", values["num_class"], allowed)]
    return []


def _metric_rules(values: Values) -> list[Problem]:
    task = str(values.get("objective", "reg:squarederror"))
    metrics = [metric.strip() for metric in str(values.get("eval_metric", "")).split(",")]
    found = []
    if "auc" in metrics and not task.startswith(("binary:", "multi:", "rank:", "reg:logistic")):
        allowed = f"auc only for classification and ranking, and objective is {task}"
        found.append(refused("eval_metric", values["eval_metric"], allowed))
    if "aft-nloglik" in metrics and task != "survival:aft":
        allowed = f"aft-nloglik only for survival:aft, and objective is {task}"
        found.append(refused("eval_metric", values["eval_metric"], allowed))
    return found


def _constraint_rules(values: Values) -> list[Problem]:
    methods = {
        "monotone_constraints": ("exact", "hist"),
        "interaction_constraints": ("exact", "hist", "approx"),
    }
    return [
        refused(name, values[name], f"only used when tree_method is {' or '.join(allowed)}")
        for name, allowed in methods.items()
        if name in values and values.get("tree_method") not in allowed
    ]


_TREE: Mapping[str, Hyperparameter] = {
    "eta": _number(0, 1, tunable=True),
    "gamma": _number(0, tunable=True),
    "max_depth": _whole(0, tunable=True),
    "min_child_weight": _number(0, tunable=True),
    "max_delta_step": _number(0, tunable=True),
    "subsample": _share(tunable=True),
    "sampling_method": _one_of("uniform", "gradient_based"),
    "colsample_bytree": _share(tunable=True),
    "colsample_bylevel": _share(tunable=True),
    "colsample_bynode": _share(tunable=True),
    "lambda": _number(0, tunable=True),
    "alpha": _number(0, tunable=True),
    "tree_method": _one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": Hyperparameter(type="continuous", above=0, below=1),
    "scale_pos_weight": Hyperparameter(type="continuous", above=0),
    "updater": _text(_UPDATERS),
    "dsplit": _one_of("row", "col"),
    "refresh_leaf": _whole(0, 1),
    "process_type": _one_of("default", "update"),
    "grow_policy": _one_of("depthwise", "lossguide"),
    "max_leaves": _whole(0),
    "max_bin": _whole(0),
    "num_parallel_tree": _whole(1),
    "monotone_constraints": _text(_MONOTONE),
    "interaction_constraints": _text(_INTERACTIONS),
    "single_precision_histogram": _one_of("true", "false"),
    "deterministic_histogram": _one_of("true", "false"),
}

_DART: Mapping[str, Hyperparameter] = {
    "sample_type": _one_of("uniform", "weighted"),
    "normalize_type": _one_of("tree", "forest"),
    "rate_drop": _number(0, 1),
    "one_drop": _whole(0, 1),
    "skip_drop": _number(0, 1),
}

_TASK: Mapping[str, Hyperparameter] = {
    "objective": _one_of(*_TASKS),
    "num_class": _whole(2),
    "base_score": _number(0),
    "eval_metric": _text(_METRICS),
    "tweedie_variance_power": Hyperparameter(type="continuous", above=1, below=2),
    "aft_loss_distribution": _one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _number(0),
}

_OTHER: Mapping[str, Hyperparameter] = {
    "num_round": Hyperparameter(type="integer", required=True, minimum=1, tunable=True),
    "booster": _one_of("gbtree", "gblinear", "dart"),
    "early_stopping_rounds": _whole(1),
    "csv_weights": _whole(0, 1),
    "lambda_bias": _number(0, 1),
    "nthread": _whole(1),
    "predictor": _one_of("auto", "cpu_predictor", "gpu_predictor"),
    "prob_buffer_row": Hyperparameter(type="continuous", above=1),
    "save_model_on_termination": _one_of("true", "false"),
    "seed": _whole(1 - _SEED_END, _SEED_END - 2),
    "use_dask_gpu_training": _one_of("true", "false"),
    "verbosity": _whole(0, 3),
    "_kfold": _whole(2),
    "_num_cv_round": _whole(1),
}

XGBOOST = Algorithm(
    repository="sagemaker-xgboost",
    hyperparameters={**_OTHER, **_TREE, **_DART, **_TASK},
    objectives=_OBJECTIVES,
    channels=("train", "validation"),
    required_channels=("train",),
    channel_types=(
        "text/csv",
        "text/libsvm",
        "text/x-libsvm",
        "application/x-parquet",
        "application/x-recordio-protobuf",
    ),
    requests=("text/csv", "text/libsvm", "text/x-libsvm", "application/x-recordio-protobuf"),
    answers=("text/csv", "application/json", "application/jsonlines", "application/x-recordio-protobuf"),
    rules=_rules,
)
