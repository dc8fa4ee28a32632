"""The example in docs/adding-a-workload.md is a workload: its settings are accepted and its scripts run."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from settings.columns import columns_of
from settings.loading import load_environment, load_workloads

ROOT = Path(__file__).resolve().parents[2]
NAME = "building_energy"
_FILE = re.compile(rf"^`{NAME}/(\S+)`\n+```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
DAY = {"floor_area": 120, "year_built": 1978, "heating": "gas", "outdoor_temperature": -3.5}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project, and the page's folder among its workloads."""
    root = tmp_path_factory.mktemp("project")
    folder = root / "training_scripts" / NAME
    folder.mkdir(parents=True)
    (root / "settings").symlink_to(ROOT / "settings")
    for other in (ROOT / "training_scripts").iterdir():
        (folder.parent / other.name).symlink_to(other)
    page = (ROOT / "docs" / "adding-a-workload.md").read_text(encoding="utf-8")
    for name, text in _FILE.findall(page):
        (folder / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def run(project: Path) -> Path:
    """The folder of a run: what each script wrote, the predictions being those of a good model."""
    base = project / "run"
    _script(project, "sample", output=base / "raw")
    _script(project, "prepare", raw=base / "raw", output=base, test_fraction="0.25")
    predictions = [f"{float(line.split(',')[0]) * 1.01}\n" for line in _lines(base / "test" / "test.csv")]
    (base / "predictions").mkdir()
    (base / "predictions" / "test.csv.out").write_text("".join(predictions))
    folders = {name: base / name for name in ("test", "predictions", "encoder")}
    _script(project, "evaluate", **folders, run=base, output=base / "evaluation")
    return base


def _script(project: Path, name: str, **options: object) -> None:
    scripts = project / "training_scripts"
    arguments = [
        text for key, value in options.items() for text in (f"--{key.replace('_', '-')}", str(value))
    ]
    subprocess.run(
        [sys.executable, str(scripts / NAME / f"{name}.py"), *arguments],
        env={**os.environ, "PYTHONPATH": str(scripts)},
        check=True,
    )


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _inference(project: Path) -> Any:
    path = project / "training_scripts" / NAME / "inference.py"
    spec = importlib.util.spec_from_file_location(f"{NAME}_inference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_columns_are_those_that_it_prepares(project: Path, run: Path) -> None:
    workloads = load_workloads(load_environment("dev", project), project)
    (declared,) = (workload.columns for workload in workloads if workload.name == NAME)
    prepared = json.loads((run / "encoder" / "encoder.json").read_text())["columns"]

    assert [column.name for column in columns_of(declared)] == prepared


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_its_settings_are_accepted(project: Path, environment: str) -> None:
    workloads = load_workloads(load_environment(environment, project), project)

    assert NAME in [workload.name for workload in workloads]


def test_its_data_is_prepared_for_the_channels_of_its_settings(run: Path) -> None:
    columns = json.loads((run / "encoder" / "encoder.json").read_text())["columns"]

    assert len(_lines(run / "train" / "train.csv")) == 3000
    assert len(_lines(run / "test" / "test.csv")) == 1000
    assert all(line.count(",") == len(columns) - 1 for line in _lines(run / "test" / "test.csv"))


def test_its_evaluation_holds_the_metric_of_its_gate(project: Path, run: Path) -> None:
    workloads = load_workloads(load_environment("dev", project), project)
    (gate,) = (workload.gate for workload in workloads if workload.name == NAME)
    evaluation = json.loads((run / "evaluation" / "evaluation.json").read_text())

    assert evaluation[gate.metric_group][gate.metric]["value"] > 0.99
    assert (run / "evaluation" / "report.html").is_file()


def test_its_model_is_asked_in_words(project: Path, run: Path) -> None:
    inference, serving = _inference(project), json.loads((run / "evaluation" / "serving.json").read_text())

    assert inference.encode(DAY, serving) == "120,1978,1,0,0,-3.5"
    assert inference.decode("87.654\n", DAY, serving) == {"daily_kwh": 87.7}
    with pytest.raises(ValueError, match="heating: 'coal' is not one of gas, district, heat_pump"):
        inference.encode({**DAY, "heating": "coal"}, serving)
