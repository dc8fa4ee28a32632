from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mysfit_recommender import sample


@pytest.fixture(scope="session")
def workload_folder() -> Path:
    return Path(sample.__file__).parent


@pytest.fixture(scope="session")
def run(workload_folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one of the workload's scripts in a process of its own, as a processing job does."""

    def run_script(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(workload_folder / script), *map(str, arguments)]
        # The library, which lies beside the scripts where they are deployed.
        environment = {**os.environ, "PYTHONPATH": str(workload_folder.parent)}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    return run_script
