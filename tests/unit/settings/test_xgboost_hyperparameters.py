"""The rules of SageMaker's XGBoost."""

import pytest

from settings.hyperparameters import ALGORITHMS, problems

REQUIRED: dict[str, object] = {"num_round": 10}


@pytest.mark.parametrize(
    "values",
    [
        {},
        # The published lab's, with a metric.
        {
            "max_depth": "5",
            "eta": "0.2",
            "gamma": "4",
            "min_child_weight": "6",
            "subsample": "0.7",
            "verbosity": "0",
            "objective": "binary:logistic",
            "num_round": "800",
            "eval_metric": "auc, logloss,error@0.7",
        },
        {"objective": "multi:softprob", "num_class": 3, "eval_metric": "mlogloss"},
        {"tree_method": "hist", "monotone_constraints": "(1, 0,-1)"},
        {"tree_method": "approx", "interaction_constraints": "[[0, 1],[2,3,4]]"},
        {"seed": -5, "_kfold": 5, "_num_cv_round": 2, "csv_weights": 1, "early_stopping_rounds": 3},
        {"booster": "gblinear", "updater": "coord_descent"},
        {"booster": "dart", "rate_drop": 0.1, "skip_drop": 0.5},
    ],
)
def test_good_xgboost_values(values: dict[str, object]) -> None:
    assert problems("xgboost", {**REQUIRED, **values}) == []


def test_num_round_is_required() -> None:
    text = "num_round: missing; xgboost needs it: a whole number of at least 1"
    assert problems("xgboost", {}) == [text]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("silent", 0, "silent: unknown hyperparameter; "),
        ("max_dept", 5, "max_dept: unknown hyperparameter; did you mean max_depth? "),
        ("num_round", 0, "num_round: 0 is not allowed; num_round is a whole number of at least 1"),
        ("eta", 1.5, "eta: 1.5 is not allowed; eta is a number from 0 to 1"),
        ("subsample", 0, "subsample: 0 is not allowed; subsample is a number above 0 and at most 1"),
        ("tweedie_variance_power", "2", "tweedie_variance_power is a number above 1 and below 2"),
        ("max_depth", "5.0", 'max_depth: "5.0" is not allowed; max_depth is a whole number of at least 0'),
        ("objective", "logistic", "objective is one of binary:logistic, "),
        ("objective", "multi:softmax", "num_class: missing; objective multi:softmax needs it"),
        ("num_class", 3, "num_class is only used when objective is multi:softmax or multi:softprob"),
        ("eval_metric", "auroc", 'eval_metric: "auroc" is not allowed; eval_metric is a list'),
        ("eval_metric", "rmse,", 'eval_metric: "rmse," is not allowed'),
        ("eval_metric", "auc", "auc only for classification and ranking, and objective is reg:squarederror"),
        ("monotone_constraints", "(2)", "monotone_constraints is a tuple of -1, 0 and 1"),
        ("monotone_constraints", "(1)", "only used when tree_method is exact or hist"),
        ("interaction_constraints", "[1,2]", "interaction_constraints is a list of lists of columns"),
        ("updater", "grow", "updater is a list, separated by commas, of grow_colmaker, "),
        ("_kfold", 1, "_kfold is a whole number of at least 2"),
    ],
)
def test_bad_xgboost_value(name: str, value: object, problem: str) -> None:
    assert any(problem in text for text in problems("xgboost", {**REQUIRED, name: value}))


def test_what_of_xgboost_is_tunable() -> None:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html
    tunable = {name for name, value in ALGORITHMS["xgboost"].hyperparameters.items() if value.tunable}
    assert tunable == {
        *("alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma", "lambda"),
        *("max_delta_step", "max_depth", "min_child_weight", "num_round", "subsample"),
    }


@pytest.mark.parametrize(
    ("metric", "goal"),
    [("auc", "Maximize"), ("error", "Minimize"), ("logloss", "Minimize"), ("rmse", "Minimize")],
)
def test_objectives_of_xgboost(metric: str, goal: str) -> None:
    assert ALGORITHMS["xgboost"].objectives[f"validation:{metric}"] == goal
