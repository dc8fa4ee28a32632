from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.training_scripts import scripts
from tests.unit.training_scripts.scripts import Done

WORKLOADS = ("census_income", "census_income_tuned", "bank_marketing")


class Evaluation:
    """An evaluation job of one of the workloads: its folders, and a way to run it."""

    def __init__(self, workload: str, folder: Path) -> None:
        self._workload = workload
        self.folder = folder
        self.output = folder / "run" / "evaluation"
        for name in ("test", "predictions", "encoder", "run"):
            (folder / name).mkdir()
        (folder / "encoder" / "encoder.json").write_text('{"columns": ["label", "age", "sex"]}')

    def evaluate(self, test: str, predictions: str) -> Done:
        (self.folder / "test" / "test.csv").write_text(test)
        (self.folder / "predictions" / "test.csv.out").write_text(predictions)
        return self.run_on_what_is_there()

    def run_on_what_is_there(self) -> Done:
        folders = [
            argument
            for name in ("test", "predictions", "encoder", "run")
            for argument in (f"--{name}", self.folder / name)
        ]
        return scripts.run(f"{self._workload}/evaluate.py", *folders, "--output", self.output)

    def leave(self, name: str, document: object) -> None:
        path = self.folder / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))

    def document(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.output / name).read_text(encoding="utf-8"))
        return content

    def report(self) -> str:
        return (self.output / "report.html").read_text(encoding="utf-8")

    def assert_refused(self, result: Done, message: str) -> None:
        assert (result.returncode, result.stderr) == (1, f"{message}\n")
        assert not self.output.exists()


@pytest.fixture
def job(tmp_path: Path) -> Evaluation:
    return Evaluation("census_income", tmp_path)


@pytest.fixture
def whole_run(job: Evaluation) -> Evaluation:
    """A run that has left all that a run can leave."""
    facets = {"sex_Female": [{"value_or_threshold": "1", "metrics": [
        {"name": "DPPL", "description": "Difference in Positive Proportions", "value": 0.18},
        {"name": "FT", "description": "Flip Test", "value": None},
    ]}]}  # fmt: skip
    job.leave("settings.json", {"run": "r-1", "hyperparameters": {"eta": "0.2"}, "algorithm": "xgboost"})
    job.leave("data.json", {"files": [{"name": "adult.data", "bytes": 12, "sha256": "ab" * 32}]})
    job.leave(
        "training.json",
        {
            "training_job_name": "census-1",
            "metrics": [{"MetricName": "validation:auc", "Value": 0.92}],
            "training_seconds": 63,
            "debug_rules": [
                {"RuleConfigurationName": "CreateXgboostReport", "RuleEvaluationStatus": "NoIssuesFound"}
            ],
        },
    )
    objective = {"MetricName": "validation:auc", "Value": 0.91}
    job.leave(
        "tuning.json",
        {
            "strategy": "Random",
            "objective": {"metric": "validation:auc", "goal": "Maximize"},
            "jobs": [
                {
                    "TrainingJobName": "tuned-1",
                    "TunedHyperParameters": {"eta": "0.0123456789"},
                    "FinalHyperParameterTuningJobObjectiveMetric": objective,
                },
                {"TrainingJobName": "failed-2"},
            ],
        },
    )
    job.leave("previous/evaluation.json", {"binary_classification_metrics": {"auc": {"value": 0.5}}})
    job.leave(
        "clarify/analysis.json",
        {
            "post_training_bias_metrics": {"facets": facets},
            "explanations": {"kernel_shap": {"label0": {"global_shap_values": {"age": 0.1, "sex": 0.2}}}},
        },
    )
    job.leave("clarify/report.html", "")
    job.leave("debugger/CreateXgboostReport/rule-output/xgboost_report.html", "")
    return job


def some_files(count: int = 300) -> tuple[str, str]:
    draw = np.random.RandomState(0)
    labels = (draw.random_sample(count) < 0.25).astype(int)
    probabilities = 0.35 * labels + 0.6 * draw.random_sample(count)
    return "".join(f"{label},39,1\n" for label in labels), "".join(f"{p}\n" for p in probabilities)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_all_files_are_written(workload: str, tmp_path: Path) -> None:
    # Given a run of which only the test set is left
    job = Evaluation(workload, tmp_path)

    # When
    result = job.evaluate("1,39,0\n0,25,1\n", "0.75\n0.25\n")

    # Then
    assert (result.returncode, result.stderr) == (0, "")
    assert job.document("sample.json") == {
        "content_type": "text/csv",
        "accept": "text/csv",
        "body": "39,0",
        "expected": "0.75",
    }
    assert job.document("serving.json") == {"encoder": {"columns": ["label", "age", "sex"]}, "cutoff": 0.5}
    metrics = job.document("evaluation.json")
    assert metrics["binary_classification_metrics"]["auc"]["value"] == 1
    assert "bias_metrics" not in metrics
    assert "Tuning</h2>" not in job.report()


def test_bank_marketing_prints_the_tutorials_table(tmp_path: Path) -> None:
    # Given four who don't buy, of whom one is said to, and one who does and is found
    job = Evaluation("bank_marketing", tmp_path)

    # When
    result = job.evaluate("0,1\n0,1\n0,1\n0,1\n1,1\n", "0.1\n0.1\n0.1\n0.9\n0.9\n")

    # Then
    lines = result.stdout.splitlines()
    assert lines[:2] == [
        "Overall classification rate: 80.0%",
        "Always answering the more frequent outcome: 80.0%",
    ]
    assert [line.split() for line in lines[3:]] == [
        ["No", "purchase", "100%", "(3)", "50%", "(1)"],
        ["Purchase", "0%", "(0)", "50%", "(1)"],
    ]


def test_clarifys_bias_metrics_are_a_group(whole_run: Evaluation) -> None:
    whole_run.evaluate(*some_files())

    # A metric that isn't defined is left out
    assert whole_run.document("evaluation.json")["bias_metrics"] == {"DPPL_sex_Female": {"value": 0.18}}


def test_report_has_a_section_for_each_document(whole_run: Evaluation) -> None:
    whole_run.evaluate(*some_files())

    text = whole_run.report()
    shown = ["Run r-1", "validation:auc", "tuned-1", "0.01235", "Difference in Positive", "adult.data"]
    shown += ["Previous model", "NoIssuesFound", "not defined", "ab" * 32, "63 training seconds"]
    assert [part for part in shown if part not in text] == []
    assert "failed-2" not in text
    assert re.findall('href="([^"]*)"', text) == [
        "../clarify/report.html",
        "../debugger/CreateXgboostReport/rule-output/xgboost_report.html",
    ]


def test_report_needs_nothing_else(whole_run: Evaluation) -> None:
    whole_run.evaluate(*some_files())

    text = whole_run.report()
    assert set(re.findall(r"https?://[^\"'\s<)]*", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<script|<link|<img|@import|url\(|src=", text)
    identities = re.findall('<svg [^>]*?id="([^"]*)"', text)
    assert len(identities) == len(set(identities)) == 5


def test_same_input_gives_the_same_bytes(whole_run: Evaluation) -> None:
    outputs = []
    for _ in range(2):
        whole_run.evaluate(*some_files())
        outputs.append({path.name: path.read_bytes() for path in whole_run.output.iterdir()})

    assert outputs[0] == outputs[1]
    assert set(outputs[0]) == {"evaluation.json", "sample.json", "serving.json", "report.html"}


def test_both_classes_must_occur(job: Evaluation) -> None:
    job.assert_refused(
        job.evaluate("0,1\n0,1\n", "0.1\n0.2\n"),
        "test.csv has only the label 0, both 0 and 1 must occur to measure a model",
    )


def test_missing_encoder_is_named(job: Evaluation) -> None:
    (job.folder / "encoder" / "encoder.json").unlink()

    job.assert_refused(job.evaluate(*some_files()), f"encoder.json is missing in {job.folder / 'encoder'}")


def test_fault_in_the_predictions_is_one_line(job: Evaluation) -> None:
    job.assert_refused(
        job.evaluate("0,1\n1,1\n", "0.1\nhello\n"),
        "test.csv.out, line 2: 'hello' is not a number from 0 to 1",
    )
