from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import library
from library.encoding import Encoder, Indicator
from library.fields import Category, Number

ENCODER = Encoder(
    "bought",
    (
        Number("age", 0, 120),
        Category("colour", ("blue", "red"), missing="?"),
        Number("rate", -1, 1, whole=False, missing="?"),
    ),
    (Indicator("is_red", "colour", ("red",)), Indicator("is_young", "age", (1, 2))),
    ignored=("note",),
)


def test_columns_are_named_with_the_label_first() -> None:
    assert ENCODER.columns == [
        "bought",
        "age",
        "colour_blue",
        "colour_red",
        "colour_missing",
        "rate",
        "is_red",
        "is_young",
    ]


@pytest.mark.parametrize(
    ("record", "row"),
    [
        ({"age": 39, "colour": "red", "rate": 0.25}, "39,0,1,0,0.25,1,0"),
        ({"age": 2.0, "colour": "blue", "rate": -1}, "2,1,0,0,-1,0,1"),
        ({"age": 1, "colour": "?", "rate": "?"}, "1,0,0,1,,0,1"),
        ({"age": 1, "colour": None, "rate": None}, "1,0,0,1,,0,1"),
        ({"age": 1}, "1,0,0,1,,0,1"),
        ({"age": 1, "note": "anything"}, "1,0,0,1,,0,1"),
    ],
)
def test_record_becomes_a_row(record: object, row: str) -> None:
    assert ENCODER.rows(record) == row


def test_list_becomes_a_row_each() -> None:
    assert ENCODER.rows([{"age": 1}, {"age": 3}]) == "1,0,0,1,,0,1\n3,0,0,1,,0,0"


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({}, "age is missing, it must be a whole number from 0 to 120"),
        ({"age": None}, "age: None is not a whole number from 0 to 120"),
        ({"age": "39"}, "age: '39' is not a whole number from 0 to 120"),
        ({"age": True}, "age: True is not a whole number from 0 to 120"),
        ({"age": 39.5}, "age: 39.5 is not a whole number from 0 to 120"),
        ({"age": float("nan")}, "age: nan is not a whole number from 0 to 120"),
        ({"age": float("inf")}, "age: inf is not a whole number from 0 to 120"),
        (
            {"age": 1, "colour": "green"},
            "colour: 'green' is not one of blue, red or ? where it is missing",
        ),
        ({"age": 1, "colour": 1}, "colour: 1 is not one of blue, red or ? where it is missing"),
        ({"age": 1, "Colour": "red"}, "'Colour' is not a field, the fields are age, colour, rate"),
        ([], "the list of records is empty, it must hold at least one"),
        ([{"age": 1}, {"age": -1}], "record 2: age: -1 is not a whole number from 0 to 120"),
        ("39", "'39' is not a record, it must be an object with age, colour, rate"),
        ([[1]], "record 1: [1] is not a record, it must be an object with age, colour, rate"),
    ],
)
def test_what_cannot_be_encoded_is_named(record: object, fault: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared
        ENCODER.rows(record)

    assert str(refused.value) == fault


def test_written_encoder_is_read_back(tmp_path: Path) -> None:
    # When
    ENCODER.write(tmp_path / "encoder")
    document = json.loads((tmp_path / "encoder" / "encoder.json").read_text(encoding="utf-8"))

    # Then
    assert document["columns"] == ENCODER.columns
    assert Encoder.from_document(document) == ENCODER


@pytest.mark.parametrize(
    "module",
    ["encoding", "fields", "faults", "binary_answers", "adult_fields", "bank_fields", "adult_sample"],
)
def test_inference_needs_the_standard_library_alone(module: str) -> None:
    code = f"import sys, library.{module}; print(*(set(sys.modules) & {{'numpy', 'pandas', 'pydantic'}}))"
    folder = Path(str(library.__file__)).parent.parent

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == ""
