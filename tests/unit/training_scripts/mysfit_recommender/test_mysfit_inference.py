from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from library.quiz_fields import QUESTIONS
from mysfit_recommender import inference
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]

VISITOR = {"occupation": 2, "age": 1, "relaxing_activity": 3, "colour": 4, "extreme_sport": 8}


@pytest.fixture
def serving(run: Run, tmp_path: Path) -> dict[str, Any]:
    """What an evaluation leaves for serving."""
    for name, content in (
        ("test/test.csv", "4,1,2,3,4,5\n0,1,2,3,4,5\n"),
        ("predictions/test.csv.out", '{"predicted_label": 4.0}\n{"predicted_label": 4.0}\n'),
        ("encoder/encoder.json", '{"columns": ["mysfit"]}'),
        ("run/settings.json", '{"run": "r-1"}'),
        ("run/training.json", '{"metrics": [{"MetricName": "test:accuracy", "Value": 0.5}]}'),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    folders = [
        argument
        for name in ("test", "predictions", "encoder", "run")
        for argument in (f"--{name}", tmp_path / name)
    ]
    result = run("evaluate.py", *folders, "--output", tmp_path / "output")
    assert (result.returncode, result.stderr) == (0, "")
    serving: dict[str, Any] = json.loads((tmp_path / "output" / "serving.json").read_text("utf-8"))
    return serving


def test_answers_are_put_in_the_order_of_the_quiz() -> None:
    assert inference.encode(VISITOR, {}) == "1,2,3,4,8"
    assert inference.encode([1, 2, 3, 4, 8], {}) == "1,2,3,4,8"
    assert inference.encode([1.0, 2, 3, 4, 8.0], {}) == "1,2,3,4,8"
    assert inference.encode([VISITOR, [8, 8, 8, 8, 8]], {}) == "1,2,3,4,8\n8,8,8,8,8"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({**VISITOR, "age": 9}, "age is 9, it must be a whole number from 1 to 8"),
        ({**VISITOR, "age": True}, "age is true, it must be a whole number from 1 to 8"),
        ({**VISITOR, "colour": "4"}, 'colour is "4", it must be a whole number from 1 to 8'),
        ({"age": 1}, "occupation is missing, it must be a whole number from 1 to 8"),
        ({**VISITOR, "sex": 1}, "'sex' is not a question, it must be an object with age,"),
        ([1, 2, 3], "[1, 2, 3] is not a visitor's answers, it must be an object with age,"),
        ([], "[] is not a visitor's answers"),
        ("1,2,3,4,5", '"1,2,3,4,5" is not a visitor\'s answers'),
        ([VISITOR, [1, 2, 3, 4, 0]], "visitor 2: extreme_sport is 0, it must be"),
    ],
)
def test_wrong_answers_are_named(document: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        inference.encode(document, {})


def test_a_label_becomes_its_mysfit(serving: dict[str, Any]) -> None:
    body = '{"predicted_label": 4.0}\n'

    answer = inference.decode(body, VISITOR, serving)

    assert isinstance(answer, dict)
    assert (answer["name"], answer["mysfitId"]) == ("Hasla", "a901bb08-1985-42f5-bb77-27439ac14300")
    assert inference.decode(body * 2, [VISITOR, VISITOR], serving) == [answer, answer]
    assert serving["encoder"] == {"columns": ["mysfit"]}


@pytest.mark.parametrize("body", ['{"predicted_label": 12.0}', "4.0", "{}", "<html>"])
def test_an_answer_that_is_no_mysfit_is_refused(serving: dict[str, Any], body: str) -> None:
    with pytest.raises(ValueError, match="not a label of the 12 mysfits"):
        inference.decode(body, VISITOR, serving)


def test_each_visitor_needs_an_answer(serving: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="answered 0 lines, not one for each visitor: 1"):
        inference.decode("", VISITOR, serving)


@pytest.mark.usefixtures("serving")
def test_report_has_matrix_recall_and_the_training_jobs_metrics(tmp_path: Path) -> None:
    report = (tmp_path / "output" / "report.html").read_text(encoding="utf-8")

    assert all(
        shown in report for shown in ("Run r-1", "Twilight Glitter", "test:accuracy", "Recall of each")
    )
    assert set(re.findall(r"https?://[^\"'\s<)]*", report)) == {"http://www.w3.org/2000/svg"}


def test_missing_encoder_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("4,1,2,3,4,5\n")
    (tmp_path / "test.csv.out").write_text('{"predicted_label": 4.0}\n')

    result = run(
        "evaluate.py",
        *("--test", tmp_path, "--predictions", tmp_path, "--encoder", tmp_path),
        *("--run", tmp_path, "--output", tmp_path / "o"),
    )

    assert (result.returncode, result.stderr) == (1, f"encoder.json is missing in {tmp_path}\n")


def test_preparation_names_the_columns(run: Run, tmp_path: Path) -> None:
    run("sample.py", "--output", tmp_path / "raw", "--rows", "400")
    run("prepare.py", "--raw", tmp_path / "raw", "--output", tmp_path)

    encoder = json.loads((tmp_path / "encoder" / "encoder.json").read_text(encoding="utf-8"))
    assert encoder["columns"] == ["mysfit", *QUESTIONS]
