"""Each script once as jobs run it: in a process of its own, with the library beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.training_scripts import scripts

SAMPLES = {
    "bank_marketing": ["--rows", "1000"],
    "census_income": ["--data-rows", "1000", "--test-rows", "500"],
    "census_income_tuned": ["--data-rows", "1000", "--test-rows", "500"],
    "mysfit_recommender": ["--rows", "1000"],
    "taxi_anomalies": ["--weeks", "16"],
}
ANSWERS = {"mysfit_recommender": '{"predicted_label": 4.0}', "taxi_anomalies": '{"score": 0.5}'}


def run(script: str, *arguments: str | Path) -> None:
    process = scripts.start(script, *arguments)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert output.endswith("\n")


def test_all_workloads_are_here() -> None:
    assert {path.parent.name for path in scripts.FOLDER.glob("*/prepare.py")} == SAMPLES.keys()


@pytest.mark.parametrize("workload", SAMPLES)
def test_a_workloads_scripts_follow_each_other(workload: str, tmp_path: Path) -> None:
    # When
    run(f"{workload}/sample.py", "--output", tmp_path / "raw", *SAMPLES[workload])
    run(f"{workload}/prepare.py", "--raw", tmp_path / "raw", "--output", tmp_path)
    records = (tmp_path / "test" / "test.csv").read_text("ascii").splitlines()
    (tmp_path / "predictions").mkdir()
    answer = ANSWERS.get(workload, "0.5")
    (tmp_path / "predictions" / "test.csv.out").write_text(f"{answer}\n" * len(records))
    (tmp_path / "run").mkdir()
    folders = (
        part
        for name in ("test", "predictions", "encoder", "run", "output")
        for part in (f"--{name}", tmp_path / name)
    )
    run(f"{workload}/evaluate.py", *folders)

    # Then
    written = {path.name for path in (tmp_path / "output").iterdir()}
    assert written == {"evaluation.json", "sample.json", "serving.json", "report.html"}
    sample = json.loads((tmp_path / "output" / "sample.json").read_text("utf-8"))
    assert (sample["body"], sample["expected"]) == (records[0].partition(",")[2], answer)
