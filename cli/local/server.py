"""The process of the local AWS: started in the background, watched until it is ready, stopped.

Whether it runs is told by the lock it holds on its state folder, which ends with it however it ends.
Functions and jobs are in its process group and are ended with it by its own watchdog.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cli.errors import OperatorError
from cli.local import fingerprint, ports
from cli.local.commands import telling_lines
from cli.project import LOCAL, ROOT, relative

_READY_WITHIN_SECONDS: Final = 60.0
# The local AWS gives itself two minutes to save everything, and takes one second on an idle machine.
_SAVED_WITHIN_SECONDS: Final = 130.0
_KILLED_WITHIN_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Started:
    """What was started: the process, its port, and the fingerprint of the code it runs."""

    pid: int
    port: int
    code: str


class LocalAws:
    """The local AWS of a folder (`.local`)."""

    def __init__(self, folder: Path = LOCAL, root: Path = ROOT) -> None:
        self._root = root
        self._folder = folder
        self._record = folder / "local_aws.json"
        self.state = folder / "aws"
        self.log = folder / "logs" / "local_aws.log"
        self.python = root / ".venvs" / "local_aws" / "bin" / "python"
        self.images = root / ".venvs" / "images"

    @property
    def keeps_state(self) -> bool:
        """Whether its last stop has saved everything, so that the next start goes on from there."""
        return (self.state / "clean-stop").exists()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep other commands from starting, stopping or removing the local AWS meanwhile.

        Raises:
            OperatorError: one is doing so right now.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise OperatorError(
                    "Another `make local`, `make local-stop` or `make local-clean` is at work in this "
                    "folder: wait until it has ended."
                ) from error
            yield

    def started(self) -> Started | None:
        """What was started last, running or not; None if nothing was."""
        try:
            return Started(**json.loads(self._record.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def is_running(self) -> bool:
        """Whether a process holds the state folder."""
        try:
            with (self.state / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def start(self, port: int) -> bool:
        """Have the local AWS run on `port` with the code as it is now; return whether it had to be started.

        Raises:
            OperatorError: the port is taken, or the local AWS doesn't become ready.
        """
        code = fingerprint.of([self._root / "local_aws"])
        started = self.started()
        runs_there = started is not None and started.port == port and self.is_running()
        if runs_there and started and started.code == code and _answers(port):
            return False
        if not runs_there:
            self._require_port(port)
        self.stop()
        process = self._launch(port)
        self._record.write_text(json.dumps(asdict(Started(process.pid, port, code))) + "\n")
        self._await_ready(process, port)
        return True

    def stop(self) -> bool:
        """Stop the local AWS, which saves its state; return whether it was running."""
        started = self.started()
        if not self.is_running() or started is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(started.pid, signal.SIGTERM)
        if not _until(lambda: not self.is_running(), _SAVED_WITHIN_SECONDS):
            self._kill(started.pid)
        return True

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if not _until(lambda: not self.is_running(), _KILLED_WITHIN_SECONDS):
            raise OperatorError(
                f"The local AWS (process {pid}) could not be stopped: {relative(self.state / 'lock')} "
                "is still held. Find the process with `ps aux | grep local_aws` and end it."
            )

    def _require_port(self, port: int) -> None:
        if not ports.is_taken(port):
            return
        listener = ports.listener(port)
        if listener.pid is not None and f"--state {self.state}" in (listener.command or ""):
            # Its state folder was removed while it ran: nothing of it can be kept.
            self._kill_orphan(listener.pid, port)
            return
        raise OperatorError(
            f"Port {port} is taken by {listener}: stop it, or choose another port, for instance "
            f"`LOCAL_AWS_PORT={port + 1} make local`."
        )

    def _kill_orphan(self, pid: int, port: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if not _until(lambda: not ports.is_taken(port), _KILLED_WITHIN_SECONDS):
            raise OperatorError(f"Port {port} is still taken by an earlier local AWS, process {pid}: end it.")

    def _launch(self, port: int) -> "subprocess.Popen[bytes]":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))
        command = [self.python, "-m", "local_aws", "--port", str(port)]
        command += ["--state", self.state, "--images", self.images]
        with self.log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - the project's own program
                [str(part) for part in command],
                cwd=self._root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_ready(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        _until(lambda: process.poll() is not None or _answers(port), _READY_WITHIN_SECONDS)
        if process.poll() is None and _answers(port):
            return
        ended = process.poll() is not None
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
        what = "ended at its start" if ended else f"was not ready within {_READY_WITHIN_SECONDS:.0f} s"
        said = telling_lines(self.log.read_text(errors="replace"))
        raise OperatorError(f"The local AWS {what}: {said} Its log is {relative(self.log)}.")


def _answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
