"""Builds an image's virtual environment, once; a change of its requirements builds it anew."""

import fcntl
import hashlib
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_aws.images.catalogue import Image

logger = logging.getLogger(__name__)

_STAMP = "image.sha256"


class BuildError(Exception):
    """pip could not install the image's requirements; the text holds pip's last lines."""


def is_built(image: Image) -> bool:
    """Whether the environment is there and was built from the requirements as they are now."""
    stamp = image.environment / _STAMP
    return stamp.is_file() and stamp.read_text() == _fingerprint(image)


def build(image: Image) -> None:
    """Make the image's virtual environment unless it is up to date; safe to call from several processes.

    Raises:
        BuildError: a requirement could not be installed.
    """
    if is_built(image):
        return
    with _locked(image.environment):
        if is_built(image):
            return
        logger.info("Building image %s in %s", image.name, image.environment)
        shutil.rmtree(image.environment, ignore_errors=True)
        _run(image, [sys.executable, "-m", "venv", str(image.environment)])
        # Bytecode is made of what is imported, when it is: most of these packages' modules never are.
        install = [str(image.python), "-m", "pip", "install", "--quiet", "--no-compile", *image.pip_options]
        _run(image, [*install, "-r", str(image.requirements)])
        (image.environment / _STAMP).write_text(_fingerprint(image))


def _fingerprint(image: Image) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}\n".encode()
    return hashlib.sha256(version + image.requirements.read_bytes()).hexdigest()


def _run(image: Image, command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if result.returncode:
        tail = "\n".join((result.stdout + result.stderr).strip().splitlines()[-15:])
        raise BuildError(f"Image {image.name} could not be built by `{' '.join(command)}`:\n{tail}")


@contextmanager
def _locked(environment: Path) -> Iterator[None]:
    environment.parent.mkdir(parents=True, exist_ok=True)
    with (environment.parent / f".{environment.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
