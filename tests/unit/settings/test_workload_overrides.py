"""An environment's overrides are laid over a workload's settings, and faults are told of the right file."""

from typing import Any

import pytest

from settings.layers import merged
from settings.loading import SettingsError
from settings.serving import RealTime, Serverless
from tests.unit.settings.conftest import DELETED, Project, changed


@pytest.mark.parametrize(
    ("override", "result"),
    [
        ({"a": 2}, {"a": 2, "b": {"c": 3, "d": [4]}}),
        ({"b": {"c": 5}}, {"a": 1, "b": {"c": 5, "d": [4]}}),
        ({"b": {"d": [6]}}, {"a": 1, "b": {"c": 3, "d": [6]}}),
        ({"b": {"c": None}}, {"a": 1, "b": {"d": [4]}}),
        ({"b": {"type": "x", "c": 7}}, {"a": 1, "b": {"type": "x", "c": 7}}),
        ({"e": {"f": None, "g": 8}}, {"a": 1, "b": {"c": 3, "d": [4]}, "e": {"g": 8}}),
        ({"a": {"h": 9}}, {"a": {"h": 9}, "b": {"c": 3, "d": [4]}}),
    ],
)
def test_merging(override: dict[str, Any], result: dict[str, Any]) -> None:
    assert merged({"a": 1, "b": {"c": 3, "d": [4]}}, override) == result


def test_an_override_of_one_field_keeps_the_others(project: Project) -> None:
    # Given
    project.environment["workloads"] = {"quiz_answers": {"serving": {"max_concurrency": 9}}}
    # When
    (workload,) = project.load_workloads()
    # Then
    assert workload.serving == Serverless(type="serverless", memory_mb=2048, max_concurrency=9)


def test_an_override_of_the_type_replaces_what_belongs_to_it(project: Project) -> None:
    # Given
    serving = {"type": "real_time", "instance_type": "ml.m5.large", "instance_count": 2}
    project.environment["workloads"] = {"quiz_answers": {"serving": serving}}
    # When
    (workload,) = project.load_workloads()
    # Then
    assert workload.serving == RealTime(type="real_time", instance_type="ml.m5.large", instance_count=2)


@pytest.mark.parametrize(
    ("override", "field", "problem"),
    [
        ({"serving": {"memory_mb": 1}}, "serving.memory_mb", "1 is not allowed; serverless memory is 1024"),
        ({"serving": {"memory": 1}}, "serving.memory", 'unknown key "memory"; did you mean memory_mb?'),
        (
            {"serving": {"type": "real_time"}},
            "serving.instance_type",
            "missing; an instance type of SageMaker's",
        ),
        ({"hyperparameters": {"k": 0}}, "hyperparameters.k", "0 is not allowed; k is a whole number"),
        ({"data": {"files": [{"name": "/"}]}}, "data.files[0].name", '"/" is not allowed; the file\'s name'),
        ({"name": "other"}, "name", '"other" is not allowed; the name is the folder\'s'),
        ({"gate": {"maximum": 1}}, "gate.maximum", "1.0 is not allowed; minimum is set too"),
        ({"gates": {}}, "gates", 'unknown key "gates"; did you mean gate?'),
        (
            {"serving": {"type": "x"}},
            "serving.type",
            '"x" is not allowed; a mapping whose type is serverless',
        ),
    ],
)
def test_a_bad_override_is_told_of_the_environments_file(
    project: Project, override: dict[str, Any], field: str, problem: str
) -> None:
    # Given
    project.environment["workloads"] = {"quiz_answers": override}
    # When
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    # Then
    (fault,) = error.value.faults
    assert fault.file == "settings/dev.yaml"
    assert fault.field == f"workloads.quiz_answers.{field}"
    assert problem in fault.problem


def test_what_an_override_neednt_give_is_missed_in_the_workloads_file(project: Project) -> None:
    # Given
    changed(project.workload, "hyperparameters.k", DELETED)
    project.environment["workloads"] = {"quiz_answers": {"hyperparameters": {"sample_size": 10}}}
    # When
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    # Then
    (fault,) = error.value.faults
    assert fault.file == "training_scripts/quiz_answers/workload.yaml"
    assert fault.field == "hyperparameters.k"


def test_a_fault_beside_an_override_is_told_of_the_workloads_file(project: Project) -> None:
    # Given
    changed(project.workload, "serving.memory_mb", 1)
    changed(project.workload, "gate.metric", DELETED)
    project.environment["workloads"] = {"quiz_answers": {"serving": {"max_concurrency": 9}}}
    # When
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    # Then
    places = [(fault.file, fault.field) for fault in error.value.faults]
    file = "training_scripts/quiz_answers/workload.yaml"
    assert places == [(file, "gate.metric"), (file, "serving.memory_mb")]
