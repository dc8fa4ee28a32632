from __future__ import annotations

from pathlib import Path

import pytest

from library import result_files
from library.result_files import InvalidResultsError


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    return tmp_path / "test.csv.out"


@pytest.fixture
def test_set(tmp_path: Path) -> Path:
    return tmp_path / "test.csv"


def test_blank_lines_do_not_count(predictions: Path) -> None:
    predictions.write_text("0.25\n\n 1e-3 \n\n")

    assert result_files.numbers(predictions, 0, 1) == [0.25, 0.001]


@pytest.mark.parametrize("text", ["yes", "nan", "inf", "-0.1", "1.5", "0.1,0.2", '{"score": 0.1}'])
def test_a_line_that_is_no_probability_is_named(predictions: Path, text: str) -> None:
    predictions.write_text(f"0.5\n{text}\n")

    with pytest.raises(InvalidResultsError) as error:
        result_files.numbers(predictions, 0, 1)
    assert str(error.value) == f"test.csv.out, line 2: {text!r} is not a number from 0 to 1"


def test_a_long_line_is_shown_in_part(predictions: Path) -> None:
    predictions.write_text("x" * 500)

    with pytest.raises(InvalidResultsError, match=f"line 1: '{'x' * 80}' is not"):
        result_files.numbers(predictions, 0, 1)


def test_label_must_be_allowed(test_set: Path) -> None:
    test_set.write_text("1,2.5\n2,2.5\n")

    with pytest.raises(InvalidResultsError, match=r"^test.csv, line 2: label '2' is not one of 0, 1$"):
        result_files.first_fields(test_set, ("0", "1"))


def test_missing_file_is_named(test_set: Path) -> None:
    with pytest.raises(InvalidResultsError, match=f"^test.csv is missing in {test_set.parent}$"):
        result_files.first_fields(test_set, ("0", "1"))


@pytest.mark.parametrize("count", [2, 4])
def test_each_record_needs_a_prediction(count: int) -> None:
    with pytest.raises(InvalidResultsError, match=f"has 3 records and test.csv.out has {count} predictions"):
        result_files.check_counts(3, count)


def test_empty_test_set_is_refused() -> None:
    with pytest.raises(InvalidResultsError, match=r"^test.csv has no records$"):
        result_files.check_counts(0, 0)


def test_sample_is_the_first_record_and_its_answer(test_set: Path, predictions: Path) -> None:
    test_set.write_text("1,2.5,a\n0,3,b\n")
    predictions.write_text("0.75\n0.5\n")

    assert result_files.sample(test_set, predictions, content_type="text/csv", accept="text/csv") == {
        "content_type": "text/csv",
        "accept": "text/csv",
        "body": "2.5,a",
        "expected": "0.75",
    }


@pytest.mark.parametrize("text", ["high", "nan", "inf"])
def test_a_label_that_is_no_number_is_named(test_set: Path, text: str) -> None:
    test_set.write_text(f"-2.5,1\n{text},1\n")

    with pytest.raises(InvalidResultsError, match=f"^test.csv, line 2: '{text}' is not a number$"):
        result_files.first_numbers(test_set)
