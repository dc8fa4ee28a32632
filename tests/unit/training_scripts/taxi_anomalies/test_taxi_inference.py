from __future__ import annotations

import json
from typing import Any

import pytest

from taxi_anomalies import inference

SERVING: dict[str, Any] = {
    "shingling": {"residual": "none", "weeks": 1, "shingle": 2},
    "cutoff": 1.5,
}
START = "2015-02-01T00:00:00"


def test_both_forms_of_a_series_ask_the_same() -> None:
    # Given
    points = [{"timestamp": f"2015-02-01 00:{minute}:00", "value": 5 + minute} for minute in (10, 40)]

    # Then
    assert inference.encode(points, SERVING) == "15,45"
    assert inference.encode({"start": START, "values": [1, 2.5, 3]}, SERVING) == "1,2.5\n2.5,3"


def test_the_answer_names_each_scored_point() -> None:
    # When
    body = "".join(json.dumps({"score": score}) + "\n" for score in (0.5, 1.6))
    answer = inference.decode(body, {"start": START, "values": [1, 2, 3]}, SERVING)

    # Then
    assert answer == {
        "cutoff": 1.5,
        "anomalies": 1,
        "points": [
            {"timestamp": "2015-02-01T00:30:00", "value": 2.0, "score": 0.5, "anomaly": False},
            {"timestamp": "2015-02-01T01:00:00", "value": 3.0, "score": 1.6, "anomaly": True},
        ],
    }


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (5, "a series must be"),
        ({"start": START}, "a series must be"),
        ({"values": [1, 2]}, "start: None is not a time like"),
        ({"start": "yesterday", "values": [1, 2]}, "start: 'yesterday' is not a time like"),
        ({"start": "2015-02-01T00:00:00+00:00", "values": [1, 2]}, "without a zone"),
        ({"start": START, "values": [1, "2"]}, r"values\[1\]: '2' is not a number from 0 to 1e"),
        ({"start": START, "values": [1, -2]}, r"values\[1\]: -2 is not a number"),
        ({"start": START, "values": [True, 2]}, r"values\[0\]: True is not a number"),
        ({"start": START, "values": [float("nan"), 2]}, r"values\[0\]: nan is not a number"),
        ({"start": START, "values": [1]}, "1 half-hours are too few, there must be 2 or more"),
        ([], "the list is empty"),
        ([5], r"\[0\]: 5 is not"),
        ([{"timestamp": START}], r"\[0\].value: None is not a number"),
        ([{"timestamp": START, "value": 1}] * 2, r"\[1\].timestamp: .* must be 30 minutes after"),
    ],
    ids=str,
)
def test_what_is_no_series_is_named(document: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        inference.encode(document, SERVING)


def test_eight_weeks_come_before_the_first_score() -> None:
    serving = {**SERVING, "shingling": {"residual": "log_median_residual", "weeks": 8, "shingle": 2}}

    with pytest.raises(ValueError, match="2689 half-hours are too few, there must be 2690 or more"):
        inference.encode({"start": START, "values": [1] * 2689}, serving)
    assert inference.encode({"start": START, "values": [1] * 2690}, serving) == "0,0"


def test_an_answer_of_other_length_is_refused() -> None:
    with pytest.raises(ValueError, match="the answer has 1 scores, there must be 2"):
        inference.decode('{"score": 1}\n', {"start": START, "values": [1, 2, 3]}, SERVING)
