from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from library.boosting import channel
from library.boosting.serving import Model, input_fn, model_fn, output_fn, predict_fn
from library.encoding import Encoder
from library.fields import Category, Number
from tests.unit.training_scripts.census_income_tuned.tuned_training import Training

ROWS: list[list[float]] = [[0.5, -1.25, 2, 0, 1e-3, 7], [1, 2, 3, 4, 5, 6]]
CSV = "\n".join(",".join(map(str, row)) for row in ROWS)
INSTANCES = json.dumps({"instances": [{"features": row} for row in ROWS]})
LINES = "\n".join(json.dumps({"features": row}) for row in ROWS)


@pytest.fixture(scope="module")
def model(trained: Path) -> Model:
    return model_fn(str(trained / "model"))


@pytest.fixture
def encoder() -> Encoder:
    names = [f"n{place}" for place in range(4)]
    return Encoder("answer", (*(Number(name, 0, 100) for name in names), Category("kind", ("good", "bad"))))


def ask(model: Model, body: bytes | str, content_type: str, accept: str) -> tuple[str, str]:
    return output_fn(predict_fn(input_fn(body, content_type), model), accept)


def test_the_model_answers_what_the_booster_does(model: Model, trained: Path) -> None:
    rows = channel.read(trained / "train")
    body = "\n".join(",".join(map(repr, map(float, row))) for row in rows.features)

    answer, _ = ask(model, body, "text/csv", "text/csv")

    expected = model.booster.predict(xgboost.DMatrix(rows.features))
    assert [np.float32(line) for line in answer.split("\n")] == expected.tolist()


@pytest.mark.parametrize("as_bytes", [True, False])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (CSV, "text/csv"),
        (CSV, "text/csv; charset=utf-8"),
        (INSTANCES, "application/json"),
        (LINES, "application/jsonlines"),
    ],
)
def test_each_content_type_is_answered_in_each(
    model: Model, body: str, content_type: str, as_bytes: bool
) -> None:
    sent = body.encode() if as_bytes else body
    scores = [float(line) for line in ask(model, CSV, "text/csv", "*/*")[0].split("\n")]
    assert len(set(scores)) == 2

    csv, json_document, json_lines = (
        ask(model, sent, content_type, accept)
        for accept in ("text/csv", "application/json", "application/jsonlines")
    )

    assert csv == ("\n".join(map(repr, scores)), "text/csv")
    assert json_document[1] == "application/json"
    assert json.loads(json_document[0]) == {"predictions": [{"score": score} for score in scores]}
    assert json_lines[1] == "application/jsonlines"
    assert [json.loads(line) for line in json_lines[0].split("\n")] == [{"score": score} for score in scores]


def test_null_and_an_empty_cell_are_missing(model: Model) -> None:
    row = [0.5, -1.25, None, 0, 1, 7]

    answers = {
        ask(model, "0.5,-1.25,,0,1,7", "text/csv", "text/csv"),
        ask(model, json.dumps({"features": row}), "application/jsonlines", "text/csv"),
    }

    assert len(answers) == 1


def test_raw_records_are_encoded(model: Model, encoder: Encoder) -> None:
    record: dict[str, Any] = {"n0": 1, "n1": 2, "n2": 3, "n3": 4, "kind": "good"}
    whole = Model(model.booster, encoder)

    one = ask(whole, json.dumps(record), "application/json", "text/csv")
    two = ask(whole, json.dumps([record, {**record, "kind": "bad"}]), "application/json", "text/csv")

    assert one == ask(model, "1,2,3,4,1,0", "text/csv", "text/csv")
    assert two == ask(model, "1,2,3,4,1,0\n1,2,3,4,0,1", "text/csv", "text/csv")


def test_a_wrong_raw_record_is_named(model: Model, encoder: Encoder) -> None:
    whole = Model(model.booster, encoder)

    with pytest.raises(ValueError, match="kind"):
        ask(whole, '{"n0": 1, "n1": 2, "n2": 3, "n3": 4, "kind": "odd"}', "application/json", "text/csv")
    with pytest.raises(ValueError, match="the model has no encoder: send encoded rows"):
        ask(model, "{}", "application/json", "text/csv")


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("1,2", "text/csv", "a row has 2 features, the model takes 6"),
        ("1,2,3,4,5,6\n1,2", "text/csv", "the body, line 2: 2 columns, there must be 6"),
        ("1,2,3,4,5,x", "text/csv", "the body, line 1, column 6: 'x' is not a finite number"),
        ("", "text/csv", "the body is empty"),
        (b"\xff", "text/csv", "the body, line 1, byte 1: 0xFF is not UTF-8"),
        (
            "1",
            "text/html",
            "content type 'text/html' is not supported, it must be text/csv or",
        ),
        ("{", "application/json", "the body is not JSON"),
        ('{"instances": 1}', "application/json", "instances: 1 is not a list"),
        ('{"instances": []}', "application/json", "the body is empty"),
        (
            '{"instances": [{"features": ["a"]}]}',
            "application/json",
            "instance 1: {'features': ['a']} is",
        ),
        ('{"instances": [{"features": [true]}]}', "application/json", "with numbers or null"),
        ('{"features": [1,2,3,4,5,6]}\n[]', "application/jsonlines", "line 2: [] is not"),
        ("x", "application/jsonlines", "line 1 is not JSON"),
    ],
)
def test_what_cannot_be_answered_says_why(model: Model, body: str, content_type: str, text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is looked at
        ask(model, body, content_type, "text/csv")

    assert text in str(caught.value)


def test_an_answer_of_another_type_is_refused(model: Model) -> None:
    with pytest.raises(ValueError, match="accept 'image/png' is not supported, it must be text/csv or"):
        ask(model, CSV, "text/csv", "image/png")


def test_the_model_folder_serves_by_itself(trained: Path, model: Model) -> None:
    """As the serving container does: the folder `code` alone on the path, `train` as the program."""
    code = trained / "model" / "code"
    program = (
        "import train; m = train.model_fn('..'); x = train.input_fn(b'1,2,3,4,5,6', 'text/csv'); "
        "print(train.output_fn(train.predict_fn(x, m), 'text/csv')[0])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=code,
        env={**os.environ, "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == ask(model, "1,2,3,4,5,6", "text/csv", "text/csv")[0]
    assert not list(code.rglob("__pycache__"))


def test_the_encoder_goes_with_the_model(trained: Path, tmp_path: Path, encoder: Encoder) -> None:
    training = Training(tmp_path / "job")
    for part in (trained / "train").iterdir():
        training.write(part.name, part.read_text().splitlines())
    encoder.write(tmp_path / "encoder")

    done = training.run(SM_CHANNEL_ENCODER=str(tmp_path / "encoder"))

    assert done.returncode == 0, done.stderr
    assert model_fn(str(training.folder / "model")).encoder == encoder
