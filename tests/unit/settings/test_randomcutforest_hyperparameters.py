"""The rules of SageMaker's Random Cut Forest."""

import pytest

from settings.hyperparameters import ALGORITHMS, problems


@pytest.mark.parametrize(
    "values",
    [
        {"num_trees": "50", "num_samples_per_tree": "512"},
        {"eval_metrics": '["accuracy", "precision_recall_fscore"]'},
        {"eval_metrics": "accuracy"},
    ],
)
def test_good_forest_values(values: dict[str, object]) -> None:
    assert problems("randomcutforest", {"feature_dim": 1, **values}) == []


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("feature_dim", 0, "a whole number from 1 to 10000"),
        ("num_trees", 49, "a whole number from 50 to 1000"),
        ("num_samples_per_tree", 2049, "a whole number from 1 to 2048"),
        ("eval_metrics", "f1", "a list of accuracy and precision_recall_fscore"),
    ],
)
def test_bad_forest_value(name: str, value: object, allowed: str) -> None:
    (problem,) = problems("randomcutforest", {"feature_dim": 1, name: value})
    assert f"{name} is {allowed}" in problem


def test_the_forest_shares_its_training_data_out() -> None:
    assert ALGORITHMS["randomcutforest"].sharded_channels == ("train",)
    assert ALGORITHMS["randomcutforest"].objectives == {"test:f1": "Maximize"}
