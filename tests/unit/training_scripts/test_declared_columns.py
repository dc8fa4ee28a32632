"""The columns that a workload declares are those of the files that it prepares."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from settings.columns import Column, columns_of, sql_name
from settings.loading import load_environment, load_workloads
from settings.workload import Workload

WHOLE = {"tinyint": 8, "int": 32, "bigint": 64}
DECLARING = [workload for workload in load_workloads(load_environment("dev")) if workload.columns]


@pytest.fixture(scope="module", params=DECLARING, ids=[workload.name for workload in DECLARING])
def workload(request: pytest.FixtureRequest) -> Workload:
    chosen = request.param
    assert isinstance(chosen, Workload)
    return chosen


@pytest.fixture(scope="module")
def prepared(workload: Workload, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `prepare.py` writes of the sample, with the parameters of the settings."""
    base = tmp_path_factory.mktemp(workload.name)
    parameters = [
        text
        for key, value in workload.preparation.parameters.items()
        for text in (f"--{key.replace('_', '-')}", str(value))
    ]
    _script(workload, "sample", "--output", base / "raw")
    _script(workload, "prepare", "--raw", base / "raw", "--output", base / "prepared", *parameters)
    return base / "prepared"


def _script(workload: Workload, name: str, *arguments: object) -> None:
    scripts = workload.folder.parent
    command = [sys.executable, workload.folder / f"{name}.py", *arguments]
    subprocess.run(list(map(str, command)), env={**os.environ, "PYTHONPATH": str(scripts)}, check=True)


def test_they_are_the_encoders(workload: Workload, prepared: Path) -> None:
    names = json.loads((prepared / "encoder" / "encoder.json").read_text(encoding="utf-8"))["columns"]
    assert [column.name for column in columns_of(workload.columns)] == [sql_name(name) for name in names]


def test_each_value_is_of_its_columns_type(workload: Workload, prepared: Path) -> None:
    columns = list(columns_of(workload.columns))
    labelled = [name for name, channel in workload.channels.items() if channel.is_labelled_csv]
    files = [path for part in {"test", *labelled} for path in (prepared / part).iterdir()]
    for path in files:
        rows = list(csv.reader(path.read_text(encoding="ascii").splitlines()))
        assert {len(row) for row in rows} == {len(columns)}
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
            assert [cell for cell in set(cells) if not _fits(column, cell)] == [], column


def _fits(column: Column, cell: str) -> bool:
    """Whether Athena reads the cell, an empty one being no value."""
    if column.type == "string" or not cell:
        return True
    try:
        number = float(cell) if column.type == "double" else int(cell)
    except ValueError:
        return False
    return column.type == "double" or abs(number) < 2 ** (WHOLE[column.type] - 1)
