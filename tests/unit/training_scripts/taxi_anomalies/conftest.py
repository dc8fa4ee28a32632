from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from taxi_anomalies import sample
from tests.unit.training_scripts import scripts


@pytest.fixture(scope="session")
def run() -> Callable[..., scripts.Done]:
    """Run one of the workload's scripts."""
    return partial(scripts.run, folder=scripts.FOLDER / "taxi_anomalies")


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sample data."""
    folder = tmp_path_factory.mktemp("raw")
    sample.write(folder, weeks=16, seed=1)
    return folder
