from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.unit.training_scripts import scripts

WORKLOAD = scripts.FOLDER / "mysfit_recommender"


@pytest.fixture(scope="session")
def workload_folder() -> Path:
    return WORKLOAD


@pytest.fixture(scope="session")
def run() -> Callable[..., scripts.Done]:
    """Run one of the workload's scripts."""
    return partial(scripts.run, folder=WORKLOAD)
