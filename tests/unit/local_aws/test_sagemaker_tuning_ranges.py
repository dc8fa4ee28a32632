"""Ranges of tuned hyperparameters, and when a training job falls behind the others."""

import pytest

from local_aws.sagemaker.jobs.tuning.early_stopping import falls_behind
from local_aws.sagemaker.jobs.tuning.ranges import ContinuousRange, Drawn, IntegerRange, parse


def numeric(low: str, high: str, scaling: str | None = None) -> dict[str, str]:
    given = {"Name": "x", "MinValue": low, "MaxValue": high}
    return {**given, "ScalingType": scaling} if scaling else given


@pytest.mark.parametrize(
    ("given", "logarithmic"),
    [
        (numeric("1", "10"), False),
        (numeric("1", "1000"), True),
        (numeric("0", "1000"), False),
        (numeric("1", "10", "Logarithmic"), True),
        (numeric("1", "1000", "Linear"), False),
    ],
)
def test_scales(given: dict[str, str], logarithmic: bool) -> None:
    assert parse({"IntegerParameterRanges": [given]}) == [
        IntegerRange("x", int(given["MinValue"]), int(given["MaxValue"]), logarithmic)
    ]


def test_a_reverse_logarithmic_scale_draws_the_distance_to_one() -> None:
    # Given
    (found,) = parse({"ContinuousParameterRanges": [numeric("0.5", "0.75", "ReverseLogarithmic")]})

    # Then
    assert found == ContinuousRange("x", 0.25, 0.5, logarithmic=True, reversed=True)
    assert found.text(0.25) == "0.75"
    assert found.drawn("0.5") == 0.5
    assert found.drawn("0.8") is None


@pytest.mark.parametrize(
    ("kind", "text", "drawn"),
    [
        ("IntegerParameterRanges", "4", 4),
        ("IntegerParameterRanges", "4.5", None),
        ("IntegerParameterRanges", "11", None),
        ("IntegerParameterRanges", "many", None),
        ("IntegerParameterRanges", "nan", None),
        ("ContinuousParameterRanges", "4.5", 4.5),
        ("ContinuousParameterRanges", "0.5", None),
        ("ContinuousParameterRanges", "nan", None),
    ],
)
def test_values_of_former_jobs(kind: str, text: str, drawn: Drawn | None) -> None:
    (found,) = parse({kind: [numeric("1", "10")]})
    assert found.drawn(text) == drawn


def test_values_of_categories() -> None:
    (found,) = parse({"CategoricalParameterRanges": [{"Name": "x", "Values": ["a", "b"]}]})
    assert (found.drawn("a"), found.drawn("c"), found.text("b")) == ("a", None, "b")


ENDED = [[0.5, 0.7], [0.6, 0.8], [0.7, 0.9]]


@pytest.mark.parametrize(
    ("values", "goal", "behind"),
    [
        ([0.5], "Maximize", True),
        ([0.6], "Maximize", False),
        ([0.5, 0.69], "Maximize", True),
        ([0.5, 0.71], "Maximize", False),
        ([0.5], "Minimize", False),
        ([0.65], "Minimize", True),
        ([], "Maximize", False),
        ([0.1, 0.1, 0.1], "Maximize", False),
    ],
)
def test_a_training_job_is_held_against_the_median_of_the_averages(
    values: list[float], goal: str, behind: bool
) -> None:
    assert falls_behind(values, ENDED, goal) is behind


def test_two_ended_jobs_are_too_few() -> None:
    assert not falls_behind([0.0], ENDED[:2], "Maximize")
