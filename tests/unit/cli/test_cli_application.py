"""The commands as they are typed: what goes to stdout, what to stderr, and how they end."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import application, prediction, registry, report, training, transform
from cli.errors import OperatorError
from cli.local.server import LocalAws
from cli.platform import Platform
from cli.project import ROOT
from settings.workload import Workload


class Ended:
    """How a command ended."""

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, platform: Platform) -> Any:
    """Runs a command on the stubbed platform."""
    monkeypatch.setattr(application, "_platform", lambda *_: platform)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
        with pytest.raises(SystemExit) as ended:
            application.run()
        written = capsys.readouterr()
        return Ended(int(ended.value.code or 0), written.out, written.err)

    return run


def test_a_started_run_is_named_on_stdout(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given what is started is remembered
    started: list[dict[str, Any]] = []

    def start(_platform: Platform, _workload: Workload, run_input: training.RunInput) -> str:
        started.append(run_input.document())
        return "the-arn"

    monkeypatch.setattr(training, "start", start)
    source = ["--source", "answers.csv=s3://bucket/answers.csv"]
    instance = ["--instance", "training.instance_count=2"]

    # When a run is started with overrides
    ended = command("train", "mysfit_recommender", "--hyperparameter", "k=20", *source, *instance, "--json")

    # Then stdout is one JSON document, and the overrides are the execution's input
    assert ended.code == 0
    assert json.loads(ended.stdout) == {"execution_arn": "the-arn"}
    assert started == [
        {
            "hyperparameters": {"k": "20"},
            "sources": {"answers.csv": {"uri": "s3://bucket/answers.csv"}},
            "instances": {"training": {"instance_count": 2}},
        }
    ]


def test_a_run_that_fails_ends_with_one_paragraph_and_a_code(
    command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise OperatorError("Training failed: too little data.")

    monkeypatch.setattr(training, "start", lambda *_: "the-arn")
    monkeypatch.setattr(training, "run_to_end", fail)

    ended = command("train", "mysfit_recommender", "--source", "answers.csv=s3://b/k", "--wait", "--json")

    assert ended.code == 1
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[-1] == "Error: Training failed: too little data."


def test_an_unknown_workload_ends_with_those_there_are(command: Any) -> None:
    ended = command("predict", "mysfits", "1,2,3")

    assert ended.code == 1
    assert "There are: mysfit_recommender." in ended.stderr


def test_a_prediction_is_written_as_the_endpoint_answered_it(
    command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = prediction.Prediction("application/jsonlines", '{"predicted_label": [7]}\n')
    monkeypatch.setattr(prediction, "predict", lambda *_, **__: answer)

    assert command("predict", "mysfit_recommender", "1,2").stdout == '{"predicted_label": [7]}\n'
    assert json.loads(command("predict", "mysfit_recommender", "1,2", "--json").stdout) == {
        "content_type": "application/jsonlines",
        "body": '{"predicted_label": [7]}\n',
    }


def test_the_html_report_is_written_and_opened(
    command: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given a run with an HTML report, and a browser
    package = registry.ModelPackage("the-arn", "group", 3, "Approved", datetime.now(tz=UTC), {})
    monkeypatch.setattr(registry, "find", lambda *_: (platform.workloads[0], package))
    monkeypatch.setattr(report, "read_html", lambda *_: b"<p>page</p>")
    monkeypatch.setattr(application, "REPORTS", tmp_path / "reports")
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    # When it is written into a file, then into that, and no browser opens
    page = tmp_path / "page.html"
    assert command("report", "mysfit_recommender", "--html", str(page)).stdout == f"{page}\n"
    assert page.read_text() == "<p>page</p>"
    assert opened == []

    # When it is opened, then from a file of the local folder
    ended = command("report", "mysfit_recommender", "--open", "--json")
    page = tmp_path / "reports" / "mysfit_recommender-3.html"
    assert json.loads(ended.stdout) == {"model_package_arn": "the-arn", "html": str(page)}
    assert opened == [page.as_uri()]


def test_a_file_is_predicted_from(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = transform.BatchInput("s3://data-bucket/a.csv")
    result = transform.BatchResult("the-arn", "s3://artifacts/a.csv.out", "the-package", None)
    joined: list[bool] = []
    monkeypatch.setattr(transform, "bring", lambda *_: given)

    def start(*_arguments: Any, join: bool) -> str:
        joined.append(join)
        return "the-arn"

    monkeypatch.setattr(transform, "start", start)
    monkeypatch.setattr(transform, "run_to_end", lambda *_: result)

    ended = command("transform", "mysfit_recommender", "a.csv", "--join")

    assert ended.stdout == "Predicted by the-package: s3://artifacts/a.csv.out\n"
    assert joined == [True]


def test_a_defect_keeps_its_trace(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise KeyError("defect")

    monkeypatch.setattr(prediction, "predict", fail)

    with pytest.raises(KeyError, match="defect"):
        command("predict", "mysfit_recommender", "1")


def test_the_script_runs_with_any_python_and_from_any_folder(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}

    ended = subprocess.run(
        [ROOT / "manage.py", "--help"], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )

    assert "approve" in ended.stdout


def test_what_a_local_aws_that_never_ran_is_asked_for_is_explained(
    command: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("cli.local.application.LocalAws", lambda: LocalAws(tmp_path))

    assert "isn't running" in command("local", "stop").stderr
    assert json.loads(command("local", "status", "--json").stdout)["running"] is False
    assert "has no log yet" in command("local", "logs").stderr
