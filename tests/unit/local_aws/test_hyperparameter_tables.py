"""The project's table of hyperparameters and the local images' own, written apart, admit the same values."""

from collections.abc import Mapping

import pytest

from local_aws.images.algorithms.hyperparameters import Allowed
from local_aws.images.algorithms.knn.hyperparameters import KNOWN as KNN
from local_aws.images.algorithms.randomcutforest.hyperparameters import KNOWN as FOREST
from local_aws.images.algorithms.xgboost.hyperparameters import parse as parse_xgboost
from local_aws.images.algorithms.xgboost.specification import KNOWN as XGBOOST
from local_aws.images.toolkit.errors import ClientError
from settings.hyperparameters import ALGORITHMS, problems

IMAGES: Mapping[str, Mapping[str, Allowed]] = {"knn": KNN, "randomcutforest": FOREST, "xgboost": XGBOOST}
# The project wants a forest measured by something; AWS doesn't say that it must be.
ALLOWED_TO_DIFFER = ["eval_metrics='[]'"]
NUMBERS = ("-1", "0", "0.5", "1", "1.0", "1.5", "2", "3", "4", "50", "1000", "1001", "2048", "2049", "10001")
ODD_NUMBERS = (
    "-2147483648",
    "-2147483647",
    "2147483646",
    "2147483647",
    "1e-3",
    "1e400",
    "nan",
    "inf",
    "²",
    "",
)
TEXTS = (
    "auto",
    "true",
    "True",
    " hist",
    "auc",
    "auc,logloss",
    "auc;logloss",
    "error@0.7",
    "rmse@2",
    "ndcg@5-",
)
FORMS = ("(1,0,-1)", "(2)", "[[0,1],[2]]", "[0,1]", "[]", '["accuracy"]', '["f1"]', "prune, refresh", "grow")


def _choices(algorithm: str) -> list[str]:
    known = ALGORITHMS[algorithm].hyperparameters.values()
    return [choice for hyperparameter in known for choice in hyperparameter.choices]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_both_tables_take_and_refuse_the_same(algorithm: str) -> None:
    ours, images = ALGORITHMS[algorithm].hyperparameters, IMAGES[algorithm]
    assert set(ours) == set(images)
    differ = [
        f"{name}={value!r}"
        for name in images
        for value in (*NUMBERS, *ODD_NUMBERS, *TEXTS, *FORMS, *_choices(algorithm))
        if ours[name].admits(value) == bool(images[name].fault(name, value))
    ]
    assert [difference for difference in differ if difference not in ALLOWED_TO_DIFFER] == []


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"objective": "multi:softmax"},
        {"objective": "multi:softprob", "num_class": "3"},
        {"num_class": "3"},
        {"eval_metric": "auc"},
        {"eval_metric": "rmse, auc", "objective": "rank:map"},
        {"eval_metric": "aft-nloglik"},
        {"eval_metric": "aft-nloglik", "objective": "survival:aft"},
        {"monotone_constraints": "(1)"},
        {"monotone_constraints": "(1)", "tree_method": "hist"},
        {"monotone_constraints": "(1)", "tree_method": "approx"},
        {"interaction_constraints": "[[0]]", "tree_method": "approx"},
        {"num_round": "0"},
        {"silent": "0"},
    ],
    ids=str,
)
def test_both_know_the_same_rules_between_xgboosts_values(values: Mapping[str, str]) -> None:
    given = {"num_round": "1", **values}
    try:
        parse_xgboost(given)
    except ClientError:
        assert problems("xgboost", given)
    else:
        assert not problems("xgboost", given)
