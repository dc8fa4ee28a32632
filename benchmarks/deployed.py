"""The platform, deployed and trained on a local AWS in a temporary copy of the project."""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.assembly import ROOT

WORKLOAD = "mysfit_recommender"

_INSTALLED = (".venv", ".venvs", "node_modules")
_NOT_COPIED = (*_INSTALLED, ".git", ".local", ".*_cache", "__pycache__", "cdk.out", "tests")


@dataclass(frozen=True)
class Platform:
    """Where a deployed platform answers; `seconds` is how long bringing it up took, if that was done."""

    endpoint_url: str
    api_url: str
    endpoint: str
    seconds: float | None = None

    def client(self, service: str) -> Any:
        """A client of the local AWS that never tries again."""
        session = boto3.Session("test", "test", region_name="us-east-1")
        config = Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return session.client(service, endpoint_url=self.endpoint_url, config=config)


@contextmanager
def platform(description: str | None) -> Iterator[Platform]:
    """The running platform that `--outputs FILE` names on the command line, else a new one for as long as
    it is used.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--outputs",
        type=Path,
        metavar="FILE",
        help="the outputs.json of a platform that runs already (.local/outputs.json); without it, one is "
        "deployed and trained, and stopped at the end",
    )
    outputs = parser.parse_args().outputs
    if outputs is not None:
        yield read(outputs)
        return
    with new_platform() as made:
        yield made


@contextmanager
def new_platform() -> Iterator[Platform]:
    """Deploy and train on an empty local AWS, as `make local` does; nothing is left behind.

    Raises:
        CalledProcessError: it failed; its own text is on standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        _copy_project(project)
        environment = {**os.environ, "LOCAL_AWS_PORT": str(_free_port())}
        try:
            began = time.monotonic()
            _manage(project, environment, "local", "up")
            seconds = time.monotonic() - began
            yield read(project / ".local" / "outputs.json", seconds)
        finally:
            _manage(project, environment, "local", "stop")


def read(outputs: Path, seconds: float | None = None) -> Platform:
    """The platform that an outputs.json describes."""
    document = json.loads(outputs.read_text())
    endpoint = document["workloads"][WORKLOAD]["endpoint"]
    return Platform(document["endpoint_url"], document["api_url"], endpoint, seconds)


def _copy_project(target: Path) -> None:
    """What is installed is shared, what a run leaves behind is not."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    for name in _INSTALLED:
        (target / name).symlink_to(ROOT / name)


def _manage(project: Path, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=None,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
