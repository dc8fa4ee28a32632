"""What the local AWS runs on: its own virtual environment, and those of the container images it runs."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from cli.local import fingerprint
from cli.local.commands import run
from cli.project import ROOT

_FOLDER: Final = ROOT / ".venvs" / "local_aws"
_REQUIREMENTS: Final = ROOT / "local_aws" / "requirements.txt"
_VERSION: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


def install_local_aws(folder: Path = _FOLDER, requirements: Path = _REQUIREMENTS) -> bool:
    """Have the local AWS's virtual environment hold its requirements; return whether that took work."""
    stamp, wanted = folder / ".requirements.sha256", fingerprint.of([requirements], _VERSION)
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    python = folder / "bin" / "python"
    if not _has_this_version(python):
        shutil.rmtree(folder, ignore_errors=True)
        run(
            "Making the local AWS's virtual environment",
            [sys.executable, "-m", "venv", folder],
            "install.log",
        )
    run(
        "Installing the local AWS",
        [
            python,
            "-m",
            "pip",
            "install",
            "-qq",
            "--disable-pip-version-check",
            "--no-compile",
            "-r",
            requirements,
        ],
        "install.log",
    )
    stamp.write_text(wanted)
    return True


def build_images(python: Path) -> bool:
    """Build the images' virtual environments that aren't up to date; return whether there was one."""
    command: list[str | Path] = [python, "-m", "local_aws.images"]
    told = run("Building the images' virtual environments", command, "images.log")
    return any(line.endswith(": built") for line in told.splitlines())


def _has_this_version(python: Path) -> bool:
    if not python.exists():
        return False
    script = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
    told = subprocess.run([str(python), "-c", script], capture_output=True, text=True, check=False)  # noqa: S603
    return told.stdout.strip() == _VERSION
