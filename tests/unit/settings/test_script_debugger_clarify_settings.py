"""A training script of one's own, Debugger's report and Clarify: what their settings may say."""

from typing import Any

import pytest

from settings.errors import SettingsError
from tests.unit.settings.conftest import Project, changed

SCRIPT: dict[str, Any] = {
    "name": "xgboost",
    "version": "3.2-0",
    "script": "train.py",
    "metrics": {"validation:auc": r"validation-auc:(\S+)"},
}
BUILT_IN: dict[str, Any] = {"name": "xgboost", "version": "1.7-1"}
CLARIFY: dict[str, Any] = {
    "label": "label",
    "facets": [{"column": "sex_Female"}],
    "instance_type": "ml.m5.large",
    "gate": {"metric": "DPPL", "facet": "sex_Female", "largest": 0.2},
}
TUNING: dict[str, Any] = {
    "strategy": "Bayesian",
    "max_jobs": 2,
    "max_parallel_jobs": 1,
    "objective": {"metric": "validation:auc", "goal": "Maximize"},
    "ranges": {"depth": {"type": "integer", "minimum": 1, "maximum": 9}},
}


@pytest.fixture
def scripted(project: Project) -> Project:
    project.workload["algorithm"] = dict(SCRIPT, metrics=dict(SCRIPT["metrics"]))
    project.workload["hyperparameters"] = {"whatever_the_script_takes": 1}
    project.workload["channels"] = {"train": {"content_type": "text/csv"}}
    project.workload["inference"] = {"content_type": "text/csv", "accept": "text/csv"}
    return project


def _only_fault(project: Project) -> tuple[str, str]:
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    (fault,) = error.value.faults
    return fault.field, fault.problem


def test_a_script_has_its_own_hyperparameters_channels_and_metrics(scripted: Project) -> None:
    # Given
    scripted.workload["tuning"] = TUNING
    # When
    (workload,) = scripted.load_workloads()
    # Then
    assert workload.algorithm.script == "train.py"
    assert workload.tuning is not None
    assert workload.tuning.early_stopping == "Off"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("algorithm.script", "../train.py", "the workload's own training script"),
        ("algorithm.metrics", {"validation:auc": "auc"}, "a regular expression with one group"),
        ("algorithm.metrics", {"validation:auc": "("}, "a regular expression with one group"),
        ("channels", {"code": {"content_type": "text/csv"}}, "the script itself arrives in the channel"),
        ("debugger", {"save_interval": 5}, "Debugger's hook is in the built-in xgboost 1.5-1 and 1.7-1 only"),
        ("clarify", {**CLARIFY, "facets": []}, "a list of at least one group"),
        (
            "clarify",
            {**CLARIFY, "gate": {"metric": "DPPL", "facet": "race", "largest": 0.2}},
            'unknown facet "race"',
        ),
        ("clarify", {**CLARIFY, "probability_threshold": 1}, "above 0 and below 1"),
        (
            "clarify",
            {**CLARIFY, "gate": {"metric": "XYZ", "facet": "sex_Female", "largest": 0.2}},
            "the metric is one of AD, DAR",
        ),
        (
            "tuning",
            {**TUNING, "objective": {"metric": "validation:acu", "goal": "Maximize"}},
            "did you mean validation:auc?",
        ),
        (
            "tuning",
            {**TUNING, "ranges": {"whatever_the_script_takes": TUNING["ranges"]["depth"]}},
            "a hyperparameter is tuned or set, not both",
        ),
        (
            "tuning",
            {**TUNING, "warm_start": {"type": "Identical", "parents": ["earlier"]}},
            "IdenticalDataAndAlgorithm or TransferLearning",
        ),
    ],
)
def test_what_a_script_cant_be_is_refused_by_name(
    scripted: Project, field: str, value: object, problem: str
) -> None:
    # Given
    changed(scripted.workload, field, value)
    # When
    found, text = _only_fault(scripted)
    # Then
    assert found.startswith(field.partition(".")[0])
    assert problem in text


def test_knn_runs_no_scripts(project: Project) -> None:
    # Given
    project.workload["algorithm"]["script"] = "train.py"
    # Then
    assert _only_fault(project) == (
        "algorithm.script",
        '"train.py" is not allowed; only xgboost runs scripts of one\'s own',
    )


def test_a_built_in_algorithm_has_its_own_metrics(project: Project) -> None:
    # Given
    project.workload["algorithm"]["metrics"] = SCRIPT["metrics"]
    # Then
    assert _only_fault(project)[0] == "algorithm.metrics"


def test_clarify_and_its_gate_are_read(scripted: Project) -> None:
    # Given
    scripted.workload["clarify"] = CLARIFY
    # When
    (workload,) = scripted.load_workloads()
    # Then
    assert workload.clarify is not None
    assert workload.clarify.gate is not None
    assert workload.clarify.gate.name == "DPPL_sex_Female"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("inference.accept", "application/jsonlines", "Clarify asks the model in text/csv"),
        ("inference.content_type", "application/json", "Clarify asks the model in text/csv"),
    ],
)
def test_a_model_that_clarify_cant_ask_is_refused(
    scripted: Project, field: str, value: str, problem: str
) -> None:
    # Given
    scripted.workload["clarify"] = CLARIFY
    changed(scripted.workload, field, value)
    # When
    found, text = _only_fault(scripted)
    # Then
    assert found == field
    assert text.startswith(f'"{value}" is not allowed; ')
    assert problem in text


@pytest.mark.parametrize(
    ("section", "value", "repository"),
    [
        ("clarify", CLARIFY, "sagemaker-clarify-processing"),
        ("debugger", {}, "sagemaker-debugger-rules"),
    ],
)
def test_a_region_without_the_image_is_told(
    scripted: Project, section: str, value: object, repository: str
) -> None:
    # Given
    if section == "debugger":
        scripted.workload |= {"algorithm": BUILT_IN, "hyperparameters": {"num_round": 10}}
        value = {"save_interval": 5}
    scripted.workload[section] = value
    scripted.environment["region"] = "eu-south-2"
    # When
    with pytest.raises(SettingsError) as error:
        scripted.load_workloads()
    # Then
    assert f"the image {repository} is in " in str(error.value)
