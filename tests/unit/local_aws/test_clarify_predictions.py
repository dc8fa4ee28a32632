"""Clarify's dataset and a model's answers become a table of true and predicted labels."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from local_aws.images.algorithms.clarify import configuration, dataset, predictions
from local_aws.images.toolkit.errors import ClientError

TRUE = pd.Series([0, 1, 1])


def analysis(**changes: Any) -> configuration.Analysis:
    return configuration.parse(
        {
            "dataset_type": "text/csv",
            "headers": ["income", "age", "sex_Female"],
            "label": "income",
            "label_values_or_threshold": [1],
            "facet": [{"name_or_index": 2, "value_or_threshold": [1]}],
            "methods": {"pre_training_bias": {"methods": "all"}},
            **changes,
        }
    )


def predictor(**changes: Any) -> configuration.Predictor:
    given = {"model_name": "m", "instance_type": "ml.m5.large", "initial_instance_count": 1, **changes}
    found = analysis(predictor=given).predictor
    assert found is not None
    return found


def test_columns_are_found_by_name_and_by_index(tmp_path: Path) -> None:
    # Given
    (tmp_path / "test.csv").write_text("1,40,0\n0,23,1\n")

    # When
    data = dataset.read(tmp_path, analysis(group_variable="age"))

    # Then
    assert (data.label, data.facets, data.group) == ("income", ("sex_Female",), "age")
    assert list(data.features) == ["age", "sex_Female"]


def test_without_headers_the_first_line_names_the_columns(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("income,age,sex\n1,40,0\n")
    assert dataset.read(tmp_path, analysis(headers=None)).facets == ("sex",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"headers": ["income", "age"]},
            r"'headers' has 2 names, but the dataset \(test.csv\) has 3 columns",
        ),
        ({"label": "rich"}, "The label column 'rich' is not in the dataset; its columns: income, age"),
        ({"facet": [{"name_or_index": 3}]}, "The facet column 3 is not one of 0 to 2"),
    ],
)
def test_columns_that_are_not_there(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    (tmp_path / "test.csv").write_text("1,40,0\n0,23,1\n")
    with pytest.raises(ClientError, match=said):
        dataset.read(tmp_path, analysis(**changes))


def test_a_missing_dataset(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="The dataset has no files"):
        dataset.read(tmp_path, analysis())


@pytest.mark.parametrize(
    ("answers", "settings"),
    [
        (["0.2\n0.5\n", "0.9\n"], {}),
        (["7,0.2\n7,0.5\n7,0.9\n"], {"probability": 1}),
        (["0.0\n0\n1.0\n"], {"label": 0}),
        (
            ['{"p": 0.2}\n{"p": 0.1}\n{"p": 0.6}\n'],
            {"accept_type": "application/jsonlines", "probability": "p"},
        ),
    ],
)
def test_a_probability_above_the_threshold_is_a_one(answers: list[str], settings: dict[str, Any]) -> None:
    assert predictions.labels(answers, predictor(**settings), 0.5, TRUE).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("answer", "settings", "said"),
    [
        ("0.1\n0.2\n", {}, "answered 2 predictions for 3 records"),
        ("a\nb\nc\n", {}, "'a' is no probability"),
        ("1\n1\n1\n", {"probability": 1}, "has nothing at 1"),
        ("yes\nno\nno\n", {"label": 0}, "labels, such as 'yes', aren't like the dataset's, such as"),
    ],
)
def test_answers_that_fit_nothing(answer: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        predictions.labels([answer], predictor(**settings), 0.5, TRUE)


def test_bodies_stay_below_the_endpoints_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(predictions, "LARGEST_BODY_BYTES", 9)

    # When
    bodies = list(predictions.batches(pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})))

    # Then
    assert bodies == [b"1,4\n2,5\n", b"3,6\n"]
