from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from library.anomaly_metrics import Span, nab_score, share_in_windows, windows_hit
from taxi_anomalies import inference
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]


@pytest.fixture
def evaluate(run: Run, raw: Path, tmp_path: Path) -> Callable[..., Any]:
    """Prepare the sample, score it by `score` of each record's residual, and evaluate."""
    run("prepare.py", "--raw", raw, "--output", tmp_path)
    (tmp_path / "predictions").mkdir()

    def score_and_run(score: Callable[[float], float]) -> Done:
        lines = (tmp_path / "test" / "test.csv").read_text("ascii").splitlines()
        scores = (json.dumps({"score": score(float(line.split(",")[-1]))}) + "\n" for line in lines)
        (tmp_path / "predictions" / "test.csv.out").write_text("".join(scores), encoding="ascii")
        return evaluate_what_is_there(run, tmp_path)

    return score_and_run


def evaluate_what_is_there(run: Run, folder: Path) -> Done:
    folders = {
        "test": "test",
        "predictions": "predictions",
        "encoder": "encoder",
        "run": ".",
        "output": "out",
    }
    options = [part for name, place in folders.items() for part in (f"--{name}", folder / place)]
    return run("evaluate.py", *options)


def metrics(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "out" / "evaluation.json").read_text("utf-8"))
    return {name: metric["value"] for name, metric in content["anomaly_detection_metrics"].items()}


def test_planted_anomalies_are_found(evaluate: Run, tmp_path: Path) -> None:
    # When a point's score is how far it is from the usual, to an extent, as a forest's scores are
    result = evaluate(lambda residual: min(abs(residual), 0.5))

    # Then
    assert (result.returncode, result.stderr) == (0, "")
    found = metrics(tmp_path)
    assert (found["windows"], found["windows_hit"], found["windows_hit_share"]) == (5, 5, 1.0)
    assert found["flagged_share_in_windows"] == 1.0
    assert found["nab_score"] > 80


def test_report_needs_nothing_else(evaluate: Run, tmp_path: Path) -> None:
    evaluate(abs)

    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert page.count("<svg") == 2
    assert "Labelled window" in page
    assert "<script" not in page


def test_without_windows_only_the_flags_are_counted(evaluate: Run, run: Run, tmp_path: Path) -> None:
    # Given
    evaluate(abs)
    encoder = tmp_path / "encoder" / "encoder.json"
    encoder.write_text(json.dumps({**json.loads(encoder.read_text("ascii")), "windows": []}), "ascii")

    # When
    result = evaluate_what_is_there(run, tmp_path)

    # Then
    assert result.returncode == 0
    assert set(metrics(tmp_path)) == {"flagged_points", "flagged_share", "cutoff", "mean_score"}


def test_what_inference_needs_is_kept(evaluate: Run, raw: Path, tmp_path: Path) -> None:
    # Given
    evaluate(abs)
    serving = json.loads((tmp_path / "out" / "serving.json").read_text("utf-8"))
    lines = (raw / "nyc_taxi.csv").read_text("ascii").splitlines()[1:]
    series = {"start": "2014-07-01", "values": [int(line.split(",")[1]) for line in lines]}

    # When the same series is asked about
    body = inference.encode(series, serving)
    scores = (tmp_path / "predictions" / "test.csv.out").read_text("ascii")
    answer: Any = inference.decode(scores, series, serving)

    # Then it gives the records that were trained on, and as many flags
    assert body == (tmp_path / "train" / "train.csv").read_text("ascii").rstrip("\n")
    assert answer["anomalies"] == metrics(tmp_path)["flagged_points"]
    assert answer["points"][0]["timestamp"] == "2014-08-26T00:30:00"
    sample = json.loads((tmp_path / "out" / "sample.json").read_text("utf-8"))
    assert (sample["body"], sample["expected"]) == (body.split("\n")[0], scores.split("\n")[0])


def test_the_same_input_gives_the_same_files(evaluate: Run, tmp_path: Path) -> None:
    contents = []
    for _ in range(2):
        evaluate(abs)
        contents.append([path.read_bytes() for path in sorted((tmp_path / "out").iterdir())])

    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        *((text, f'{text!r} is not a JSON object like {{"score": 0.9}}') for text in ("0.5", "{}", "<html>")),
        ('{"score": null}', "score None is not a number"),
        ('{"score": NaN}', "score nan is not a number"),
        ('{"score": "1"}', "score '1' is not a number"),
    ],
)
def test_answers_that_are_no_scores(evaluate: Run, run: Run, tmp_path: Path, answer: str, said: str) -> None:
    evaluate(abs)
    (tmp_path / "predictions" / "test.csv.out").write_text(f'{{"score": 1}}\n{answer}\n', encoding="ascii")

    result = evaluate_what_is_there(run, tmp_path)

    assert result.returncode == 1
    assert result.stderr == f"test.csv.out, line 2: {said}\n"


def test_windows_count_once_and_early_flags_more() -> None:
    windows = [Span(100, 199), Span(300, 399)]

    assert windows_hit([100, 150, 199, 250], windows) == 1
    assert share_in_windows([100, 150, 199, 250], windows) == 0.75
    assert share_in_windows([], windows) == 0.0
    assert nab_score([100, 300], windows) == pytest.approx(100)
    assert nab_score([], windows) == 0
    assert nab_score([199, 399], windows) < nab_score([150, 350], windows) < 100
    assert nab_score([0], windows) == pytest.approx(-100 * 0.11 / 4)
    assert nab_score([0], windows) < nab_score([210], windows) < 0
