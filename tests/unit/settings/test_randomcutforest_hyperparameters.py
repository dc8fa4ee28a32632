"""The rules of SageMaker's Random Cut Forest."""

import pytest

from settings.hyperparameters import ALGORITHMS, problems
from settings.loading import SettingsError
from tests.unit.settings.conftest import DELETED, Project, changed


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


def test_a_search_for_the_best_forest_maximizes_f1() -> None:
    assert ALGORITHMS["randomcutforest"].objectives == {"test:f1": "Maximize"}


@pytest.mark.parametrize("distribution", ["FullyReplicated", DELETED])
def test_the_forest_is_refused_training_data_that_every_instance_has(
    project: Project, distribution: object
) -> None:
    # Given a forest whose instances would each grow the same trees
    _grow_forest(project)
    changed(project.workload, "channels.train.distribution", distribution)
    # When / Then
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    (fault,) = error.value.faults
    assert fault.field == "channels.train.distribution"
    assert fault.problem == (
        '"FullyReplicated" is not allowed; randomcutforest trains on shares of the data: ShardedByS3Key'
    )


def test_the_forest_takes_shares_for_training_and_any_data_for_testing(project: Project) -> None:
    # Given
    _grow_forest(project)
    # When
    (workload,) = project.load_workloads()
    # Then
    assert workload.channels["train"].distribution == "ShardedByS3Key"
    assert workload.channels["test"].distribution == "FullyReplicated"


def _grow_forest(project: Project) -> None:
    project.workload["algorithm"] = {"name": "randomcutforest", "version": "1"}
    project.workload["hyperparameters"] = {"feature_dim": 5}
    project.workload["channels"]["train"] |= {"distribution": "ShardedByS3Key"}
