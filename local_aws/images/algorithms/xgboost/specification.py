"""What XGBoost's hyperparameters may be.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html; where it gives no range, that of
the container: https://github.com/aws/sagemaker-xgboost-container (hyperparameter_validation.py).
"""

from collections.abc import Mapping

from local_aws.images.algorithms.hyperparameters import Allowed, Form, OneOf, Real, Whole

MAXIMIZED = (
    *("accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "map", "ndcg", "r2"),
    *("precision", "precision_macro", "precision_micro", "recall", "recall_macro", "recall_micro"),
)
"""The metrics that are better the greater they are."""
_MINIMIZED = (
    *("aft-nloglik", "cox-nloglik", "gamma-nloglik", "poisson-nloglik", "tweedie-nloglik", "gamma-deviance"),
    *("error", "merror", "logloss", "mlogloss", "mae", "mape", "mphe", "mse", "rmse", "rmsle"),
    "interval-regression-accuracy",
)
_WITH_THRESHOLD = (r"error@[0-9.]+", r"ndcg@[0-9.]+-?", r"map@[0-9.]+-?", r"tweedie-nloglik@[0-9.]+")
_UPDATERS = (
    *("grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker", "grow_quantile_histmaker"),
    *("grow_skmaker", "sync", "refresh", "prune", "shotgun", "coord_descent"),
)


def _list_of(*patterns: str) -> Form:
    item = f"({'|'.join(patterns)})"
    return Form(rf"{item}(\s*,\s*{item})*", "a list, separated by commas, of known names")


_SHARE = Real(0, 1, without=(0,))
_FROM_0 = Real(0)
_0_TO_1 = Real(0, 1)
_SWITCH = Whole(0, 1)
_BOOLEAN = OneOf(("true", "false"))
_COLUMNS = r"\[\s*[0-9]+(\s*,\s*[0-9]+)*\s*\]"

REQUIRED = ("num_round",)

KNOWN: Mapping[str, Allowed] = {
    "_kfold": Whole(2),
    "_num_cv_round": Whole(1),
    "aft_loss_distribution": OneOf(("normal", "logistic", "extreme")),
    "aft_loss_distribution_scale": _FROM_0,
    "alpha": _FROM_0,
    "base_score": _FROM_0,
    "booster": OneOf(("gbtree", "gblinear", "dart")),
    "colsample_bylevel": _SHARE,
    "colsample_bynode": _SHARE,
    "colsample_bytree": _SHARE,
    "csv_weights": _SWITCH,
    "deterministic_histogram": _BOOLEAN,
    "dsplit": OneOf(("row", "col")),
    "early_stopping_rounds": Whole(1),
    "eta": _0_TO_1,
    "eval_metric": _list_of(*_WITH_THRESHOLD, *MAXIMIZED, *_MINIMIZED),
    "gamma": _FROM_0,
    "grow_policy": OneOf(("depthwise", "lossguide")),
    "interaction_constraints": Form(
        rf"\[\s*{_COLUMNS}(\s*,\s*{_COLUMNS})*\s*\]", "a list of lists of columns, such as [[0, 1], [2, 3]]"
    ),
    "lambda": _FROM_0,
    "lambda_bias": _0_TO_1,
    "max_bin": Whole(0),
    "max_delta_step": _FROM_0,
    "max_depth": Whole(0),
    "max_leaves": Whole(0),
    "min_child_weight": _FROM_0,
    "monotone_constraints": Form(
        r"\(\s*(-1|0|1)(\s*,\s*(-1|0|1))*\s*,?\s*\)", "a tuple of -1, 0 and 1, such as (1, 0, -1)"
    ),
    "normalize_type": OneOf(("tree", "forest")),
    "nthread": Whole(1),
    "num_class": Whole(2),
    "num_parallel_tree": Whole(1),
    "num_round": Whole(1),
    "objective": OneOf(
        (
            *(f"binary:{name}" for name in ("logistic", "logitraw", "hinge")),
            "count:poisson",
            *(f"multi:{name}" for name in ("softmax", "softprob")),
            *(f"rank:{name}" for name in ("pairwise", "ndcg", "map")),
            *(f"reg:{name}" for name in ("linear", "squarederror", "logistic", "gamma", "tweedie")),
            *(f"reg:{name}" for name in ("pseudohubererror", "squaredlogerror", "absoluteerror")),
            *(f"survival:{name}" for name in ("aft", "cox")),
        )
    ),
    "one_drop": _SWITCH,
    "predictor": OneOf(("auto", "cpu_predictor", "gpu_predictor")),
    "prob_buffer_row": Real(1, without=(1,)),
    "process_type": OneOf(("default", "update")),
    "rate_drop": _0_TO_1,
    "refresh_leaf": _SWITCH,
    "sample_type": OneOf(("uniform", "weighted")),
    "sampling_method": OneOf(("uniform", "gradient_based")),
    "save_model_on_termination": _BOOLEAN,
    "scale_pos_weight": Real(0, without=(0,)),
    "seed": Whole(1 - 2**31, 2**31 - 2),
    "single_precision_histogram": _BOOLEAN,
    "sketch_eps": Real(0, 1, without=(0, 1)),
    "skip_drop": _0_TO_1,
    "subsample": _SHARE,
    "tree_method": OneOf(("auto", "exact", "approx", "hist", "gpu_hist")),
    "tweedie_variance_power": Real(1, 2, without=(1, 2)),
    "updater": _list_of(*_UPDATERS),
    "use_dask_gpu_training": _BOOLEAN,
    "verbosity": Whole(0, 3),
}

_CONSTRAINED = {
    "monotone_constraints": ("exact", "hist"),
    "interaction_constraints": ("exact", "hist", "approx"),
}
_RANKABLE = ("binary:", "multi:", "rank:", "reg:logistic")


def inconsistent(given: Mapping[str, str]) -> list[str]:
    """The faults of values that don't go together."""
    objective = given.get("objective", "reg:squarederror")
    metrics = [metric.strip() for metric in given.get("eval_metric", "").split(",")]
    faults = []
    if objective.startswith("multi:") != ("num_class" in given):
        faults.append("'num_class' is required for multi:softmax and multi:softprob, and only for these")
    if "auc" in metrics and not objective.startswith(_RANKABLE):
        faults.append("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        faults.append("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")
    faults += [
        f"'{name}' can only be used when 'tree_method' is one of {list(methods)}"
        for name, methods in _CONSTRAINED.items()
        if name in given and given.get("tree_method") not in methods
    ]
    return faults
