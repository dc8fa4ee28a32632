from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xgboost

from tests.unit.training_scripts.census_income_tuned.tuned_training import Training, generated


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """On so few rows, threads would only wait for each other."""
    with xgboost.config_context(nthread=1):
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job that trained on two part files."""
    training = Training(tmp_path_factory.mktemp("trained") / "job")
    lines = generated(600)
    training.write("part-0.csv", lines[:400])
    training.write("part-1.csv", lines[400:])
    done = training.run()
    assert done.returncode == 0, done.stderr
    (training.folder / "log").write_text(done.stdout)
    return training.folder
