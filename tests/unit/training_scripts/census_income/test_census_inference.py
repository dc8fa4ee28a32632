from __future__ import annotations

import pytest

from census_income import inference
from library.adult_fields import ENCODER, EXAMPLE

SERVING = {"encoder": ENCODER.document()}


def test_person_is_encoded_in_the_columns_of_the_model() -> None:
    # When
    row = inference.encode(EXAMPLE, SERVING).split(",")

    # Then
    cells = dict(zip(ENCODER.columns[1:], row, strict=True))
    assert {name for name, cell in cells.items() if cell == "1"} == {
        f"{name}_{value}" for name, value in EXAMPLE.items() if isinstance(value, str)
    }
    numbers = {name: str(value) for name, value in EXAMPLE.items() if isinstance(value, int)}
    assert {name: cells[name] for name in numbers} == numbers


def test_what_is_unknown_of_a_person_may_be_left_out() -> None:
    person = {name: value for name, value in EXAMPLE.items() if name != "occupation"}

    assert inference.encode(person, SERVING) == inference.encode({**EXAMPLE, "occupation": "?"}, SERVING)


def test_unknown_category_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="sex: 'F' is not one of Female, Male"):
        inference.encode({**EXAMPLE, "sex": "F"}, SERVING)


def test_one_person_gets_one_answer() -> None:
    answer = inference.decode("0.75\n", EXAMPLE, SERVING)

    assert answer == {"income_over_50k": 0.75, "prediction": ">50K"}


def test_people_get_an_answer_each() -> None:
    answer = inference.decode("0.5\n0.49\n", [EXAMPLE, EXAMPLE], SERVING)

    assert answer == [
        {"income_over_50k": 0.5, "prediction": ">50K"},
        {"income_over_50k": 0.49, "prediction": "<=50K"},
    ]


def test_cutoff_of_the_model_decides() -> None:
    answer = inference.decode("0.5\n", EXAMPLE, {**SERVING, "cutoff": 0.6})

    assert answer == {"income_over_50k": 0.5, "prediction": "<=50K"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", "the model answered 0 lines, not one for each record: 1"),
        ("0.1\n0.2\n", "the model answered 2 lines, not one for each record: 1"),
        ("error\n", "the model answered 'error', not a probability from 0 to 1"),
        ("nan\n", "the model answered 'nan', not a probability from 0 to 1"),
        ("1.5\n", "the model answered '1.5', not a probability from 0 to 1"),
    ],
)
def test_other_answers_are_refused(body: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        inference.decode(body, EXAMPLE, SERVING)
