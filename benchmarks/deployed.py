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
import yaml
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
    site_url: str
    endpoint: str
    seconds: float | None = None

    def client(self, service: str) -> Any:
        """A client of the local AWS that never tries again."""
        return client_of(self.endpoint_url, service)


def client_of(endpoint_url: str, service: str) -> Any:
    """A client of the local AWS at an address; it never tries again."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    config = Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=endpoint_url, config=config)


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


@dataclass(frozen=True)
class Project:
    """A copy of the project, with a local AWS of its own."""

    folder: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run manage.py and return what it answers.

        Raises:
            CalledProcessError: it failed; its own text is on standard error.
        """
        made = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return made.stdout

    def override(self, workloads: dict[str, Any]) -> None:
        """Have the development settings override parts of workloads."""
        path = self.folder / "settings" / "dev.yaml"
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump({**settings, "workloads": workloads}), encoding="utf-8")


@contextmanager
def new_project() -> Iterator[Project]:
    """Copy the project; its local AWS is stopped at the end, and nothing is left behind."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        _copy_project(copy)
        project = Project(copy, {**os.environ, "LOCAL_AWS_PORT": str(free_port())})
        try:
            yield project
        finally:
            project.manage("local", "stop")


@contextmanager
def new_platform() -> Iterator[Platform]:
    """Deploy and train on an empty local AWS, as `make local` does; nothing is left behind.

    Raises:
        CalledProcessError: it failed; its own text is on standard error.
    """
    with new_project() as project:
        began = time.monotonic()
        project.manage("local", "up")
        yield read(project.folder / ".local" / "outputs.json", time.monotonic() - began)


def read(outputs: Path, seconds: float | None = None) -> Platform:
    """The platform that an outputs.json describes."""
    document = json.loads(outputs.read_text())
    endpoint = document["workloads"][WORKLOAD]["endpoint"]
    return Platform(document["endpoint_url"], document["api_url"], document["site_url"], endpoint, seconds)


def _copy_project(target: Path) -> None:
    """What is installed is shared, what a run leaves behind is not."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    for name in _INSTALLED:
        (target / name).symlink_to(ROOT / name)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
