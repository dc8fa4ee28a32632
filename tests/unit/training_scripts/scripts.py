"""Runs the workloads' scripts: in this process, which is fast, or each in one of its own, as a job does."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import library

FOLDER = Path(library.__file__).parents[1]
"""Where the workloads are; in jobs the library lies beside them, too."""

Done = subprocess.CompletedProcess[str]


def run(
    script: str, *arguments: str | Path, folder: Path = FOLDER, environment: Mapping[str, str] | None = None
) -> Done:
    """Run a script, such as `bank_marketing/prepare.py`, from its first line to its exit."""
    command = [str(folder / script), *map(str, arguments)]
    output, errors = StringIO(), StringIO()
    code: int | str | None = 0
    with (
        patch.object(sys, "argv", command),
        patch.dict(os.environ, environment or {}),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        try:
            runpy.run_path(command[0], run_name="__main__")
        except SystemExit as exit_:
            code = exit_.code
    assert code is None or isinstance(code, int), code
    return subprocess.CompletedProcess(command, code or 0, output.getvalue(), errors.getvalue())


def start(
    script: str, *arguments: str | Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a script in a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(FOLDER / script), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(FOLDER), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
