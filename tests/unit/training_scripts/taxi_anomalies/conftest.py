from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from taxi_anomalies import sample


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one of the workload's scripts in a process of its own, the library beside it as in a job."""
    folder = Path(sample.__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(folder.parent)}

    def run_script(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(folder / script), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    return run_script


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sample data."""
    folder = tmp_path_factory.mktemp("raw")
    sample.write(folder, weeks=16, seed=1)
    return folder
