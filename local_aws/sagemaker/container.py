"""A container: a command of an image, run as a process with an `/opt/ml` of its own and nothing of our
environment."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.images.build import build
from local_aws.images.catalogue import PROJECT, Image

_SUPERVISOR = Path(__file__).parent.parent / "images" / "toolkit" / "supervisor.py"
_HOST_NAMES = _SUPERVISOR.parent / "host_names"
_OPT_ML = re.compile(r"/opt/ml(?=/|$|[\s:,;'\"])")


@dataclass(frozen=True)
class Filesystem:
    """The folder that stands for a container's file system; `/opt/ml` is `ml` in it."""

    folder: Path

    @property
    def ml(self) -> Path:
        """What the container sees as /opt/ml."""
        return self.folder / "ml"

    def path(self, container_path: str) -> Path:
        """Where a path of the container's is; one outside of /opt/ml is put below the folder, too."""
        rewritten = self.rewrite(container_path)
        return Path(rewritten) if rewritten != container_path else self.folder / container_path.lstrip("/")

    def rewrite(self, text: str) -> str:
        """The text with `/opt/ml` replaced by the folder that stands for it."""
        return _OPT_ML.sub(lambda _match: str(self.ml), text)


class Container:
    """A running container. Its log goes to `on_line`, line by line; it ends at the latest when this process
    does."""

    def __init__(
        self,
        image: Image,
        command: Sequence[str],
        filesystem: Filesystem,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        build(image)
        temporary = filesystem.folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self._on_line = on_line
        self._process = subprocess.Popen(  # noqa: S603 - the image's or the job's own command
            [sys.executable, "-I", "-S", str(_SUPERVISOR), *map(filesystem.rewrite, command)],
            cwd=filesystem.folder,
            env={
                "PATH": f"{image.environment / 'bin'}:/usr/local/bin:/usr/bin:/bin",
                "HOME": str(filesystem.folder),
                "TMPDIR": str(temporary),
                "LANG": "C.UTF-8",
                "PYTHONUNBUFFERED": "1",
                # On AWS a container has a machine to itself; here, OpenMP's threads would spin for
                # milliseconds after each call on cores that others wait for.
                "OMP_WAIT_POLICY": "PASSIVE",
                **{name: filesystem.rewrite(value) for name, value in environment.items()},
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read_log, name="container-log", daemon=True)
        self._reader.start()
        # Popen.wait with a timeout looks a hundred times a second; the jobs and endpoints that wait are many.
        self._ended = threading.Event()
        threading.Thread(target=self._await_end, name="container-end", daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """The command's exit code; None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Wait for the end, at most so long; returns the exit code, None if the command still runs."""
        if not self._ended.wait(seconds):
            return None
        self._reader.join(timeout=5)
        return self._process.returncode

    def terminate(self) -> None:
        """Ask the command to end (TERM)."""
        self._process.terminate()

    def kill(self) -> None:
        """End the command and every process it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _await_end(self) -> None:
        self._process.wait()
        self._ended.set()

    def _read_log(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - opened above
        for line in self._process.stdout:
            self._on_line(line.decode("utf-8", "replace").rstrip("\r\n"))


def algorithm_environment(filesystem: Filesystem) -> dict[str, str]:
    """What the modules of an algorithm image need to be found, and to find their /opt/ml."""
    return {"PYTHONPATH": str(PROJECT), "SAGEMAKER_BASE_DIR": str(filesystem.ml)}


def host_names_path() -> Path:
    """The folder that, on PYTHONPATH, lets a container's Python know algo-1, algo-2, … as this machine."""
    return _HOST_NAMES
