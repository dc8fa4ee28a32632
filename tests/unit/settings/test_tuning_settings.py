"""A tuning must fit its own rules, the algorithm, and the hyperparameters that are set."""

from typing import Any

import pytest

from settings.loading import SettingsError
from settings.tuning import IntegerRange
from tests.unit.settings.conftest import DELETED, Project, changed

K = {"type": "integer", "minimum": 1, "maximum": 50}


@pytest.fixture
def tuned(project: Project) -> Project:
    """A project whose workload tunes k."""
    changed(project.workload, "hyperparameters.k", DELETED)
    project.workload["tuning"] = {
        "strategy": "Bayesian",
        "max_jobs": 6,
        "max_parallel_jobs": 3,
        "objective": {"metric": "test:accuracy", "goal": "Maximize"},
        "ranges": {"k": dict(K)},
    }
    return project


def test_a_tuned_hyperparameter_neednt_be_set(tuned: Project) -> None:
    # When
    (workload,) = tuned.load_workloads()
    # Then
    assert workload.tuning is not None
    assert workload.tuning.ranges == {"k": IntegerRange(type="integer", minimum=1, maximum=50)}


BAD_TUNINGS = [
    ("strategy", "Grid", '"Grid" is not allowed; the strategy is Random or Bayesian'),
    ("max_jobs", 0, "0 is not allowed; the number of training jobs is a whole number from 1 to 100"),
    ("max_parallel_jobs", 7, "7 is not allowed; at most max_jobs, 6, run at once"),
    ("objective.metric", "test:acuracy", 'unknown metric "test:acuracy"; did you mean test:accuracy?'),
    ("objective.goal", "Minimize", '"Minimize" is not allowed; the goal of test:accuracy is Maximize'),
    ("objective.goal", "Best", '"Best" is not allowed; the goal is Maximize or Minimize'),
    ("ranges", {}, "{} is not allowed; a mapping of hyperparameters to ranges"),
    ("ranges.k.type", "whole", '"whole" is not allowed; a mapping of hyperparameters to ranges of type'),
    ("ranges.k.type", DELETED, "missing; a mapping of hyperparameters to ranges of type"),
    ("ranges.k.minimum", 50, "the range's maximum is above its minimum, 50"),
    ("ranges.k.minimum", 60, "50 is not allowed; the range's maximum is above its minimum, 60"),
    ("ranges.k.minimum", 0, "0 is not allowed; k is a whole number of at least 1"),
    ("ranges.k.minimum", 1.5, "1.5 is not allowed; the range's lower end, a whole number"),
    ("ranges.k.scaling", "Log", '"Log" is not allowed; the scaling of whole numbers is Auto, Linear or Log'),
    ("ranges.k.values", ["1"], 'unknown key "values"; Known: maximum, minimum, scaling, type'),
    (
        "ranges.index_type",
        {"type": "categorical", "values": ["faiss.Flat"]},
        'unknown tunable hyperparameter "ind',
    ),
    (
        "ranges.sample_size",
        K,
        "a hyperparameter is tuned or set, not both, and hyperparameters.sample_size sets it",
    ),
]


@pytest.mark.parametrize(("field", "value", "problem"), BAD_TUNINGS)
def test_a_bad_tuning_is_refused_by_name(tuned: Project, field: str, value: object, problem: str) -> None:
    # Given
    changed(tuned.workload, f"tuning.{field}", value)
    # When
    with pytest.raises(SettingsError) as error:
        tuned.load_workloads()
    # Then
    matching = [fault for fault in error.value.faults if problem in fault.problem]
    assert len(matching) == 1, str(error.value)
    assert matching[0].field.startswith(f"tuning.{field.rpartition('.')[0]}")


@pytest.mark.parametrize(
    ("choice", "field", "problem"),
    [
        (
            {"type": "continuous", "minimum": 1, "maximum": 2.5},
            "type",
            '"continuous" is not allowed; k is integer',
        ),
        (
            {"type": "continuous", "minimum": 0, "maximum": 1, "scaling": "Logarithmic"},
            "minimum",
            "0 is not allowed; a Logarithmic range lies above 0",
        ),
        (
            {"type": "continuous", "minimum": 0.5, "maximum": 1, "scaling": "ReverseLogarithmic"},
            "maximum",
            "1 is not allowed; a ReverseLogarithmic range lies from 0 to below 1",
        ),
        ({"type": "categorical", "values": []}, "values", "[] is not allowed; a list of 1 to 30 texts"),
        ({"type": "categorical", "values": ["5"]}, "type", '"categorical" is not allowed; k is integer'),
    ],
)
def test_a_bad_range_is_refused_by_name(
    tuned: Project, choice: dict[str, Any], field: str, problem: str
) -> None:
    # Given
    tuned.workload["tuning"]["ranges"]["k"] = choice
    # When
    with pytest.raises(SettingsError) as error:
        tuned.load_workloads()
    # Then
    (fault,) = error.value.faults
    assert fault.field == f"tuning.ranges.k.{field}"
    assert problem in fault.problem


def test_the_objectives_channel_is_needed(tuned: Project) -> None:
    # Given
    changed(tuned.workload, "channels.test", DELETED)
    # When
    with pytest.raises(SettingsError) as error:
        tuned.load_workloads()
    # Then
    (fault,) = error.value.faults
    assert fault.field == "channels.test"
    assert fault.problem == "missing; test:accuracy, which tuning is for, is measured on it"


def test_hyperparameters_are_checked_beside_a_bad_tuning(tuned: Project) -> None:
    # Given
    changed(tuned.workload, "tuning.max_jobs", 0)
    changed(tuned.workload, "hyperparameters.sample_size", 0)
    # When
    with pytest.raises(SettingsError) as error:
        tuned.load_workloads()
    # Then
    assert [fault.field for fault in error.value.faults] == ["tuning.max_jobs", "hyperparameters.sample_size"]


def test_tuning_job_names_are_shorter(tuned: Project) -> None:
    # Given a name that fits everything but a tuning job, whose names have 32 characters
    tuned.rename("census_income_tuning")
    # When / Then
    with pytest.raises(
        SettingsError, match=r"tuning jobs would be named like .*, 1 characters longer than the 32"
    ):
        tuned.load_workloads()
