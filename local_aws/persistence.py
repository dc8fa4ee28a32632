"""What survives a stop: all of it when the local AWS was stopped by TERM, nothing when it was killed.

Services keep their state in memory and write it, service by service, while a graceful stop has ended all
requests. Objects of S3 are files that are written at once. After a kill, files and state would disagree
(objects without their bucket, stacks half made), and no order of writing would mend that while background
work runs. So a stop that has written everything leaves a marker as its last act; a start that finds state
without the marker begins empty and says so, in its log and in `<state>/status.json`.
"""

import fcntl
import json
import logging
import os
import shutil
import time
from pathlib import Path
from typing import IO, Literal

_logger = logging.getLogger("local_aws.persistence")

_MINISTACK_LOGGER = "persistence"
_CLEAN_STOP = "clean-stop"
_STATUS = "status.json"
_LOCK = "lock"
SIGNING_KEY = "cloudtrail_key.pem"
"""The file of the key that signs what CloudTrail delivers."""

# Everything the local AWS keeps under its state folder; a folder's other content is never touched.
_KEPT = ("services", "s3", "sagemaker", "access.jsonl", "grants.jsonl", "grants_used.jsonl", SIGNING_KEY)

Start = Literal["empty", "restored", "empty_after_crash"]

# The folder in use and its lock, which lasts as long as its file is open.
_opened: list[tuple[Path, IO[str]]] = []


class StateInUseError(RuntimeError):
    """Raised when another local AWS runs on the same state folder."""


def state_dir() -> Path:
    """The folder given by `--state`, in which every part of the local AWS keeps what it must keep."""
    if not _opened:
        raise RuntimeError("the state folder is not open: persistence.open_state() comes first")
    return _opened[0][0]


def open_state(folder: Path) -> Start:
    """Claim `folder` for this process, drop what a killed process left, and tell how the local AWS begins.

    Raises StateInUseError if another process holds the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _claim(folder)
    start = _begin(folder)
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    (folder / "tmp").mkdir()
    _opened.append((folder, lock))
    return start


def write_status(status: Start, port: int) -> None:
    """Tell other processes how this one began; the file is replaced as a whole."""
    target = state_dir() / _STATUS
    partial = target.with_suffix(".partial")
    partial.write_text(
        json.dumps({"start": status, "pid": os.getpid(), "port": port, "started_at": int(time.time())}) + "\n"
    )
    partial.replace(target)


class SaveFailures(logging.Handler):
    """Collects what ministack could not save, which it only writes to its log."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.messages: list[str] = []
        logging.getLogger(_MINISTACK_LOGGER).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Part of logging's interface."""
        self.messages.append(record.getMessage())


def mark_clean_stop(failures: SaveFailures) -> None:
    """Declare the state on disk complete; the last act of a graceful stop.

    If a part of it was not saved, the next start begins empty instead.
    """
    if failures.messages:
        _logger.error("The state is not complete, so the next start begins empty: %s", failures.messages)
        return
    (state_dir() / _CLEAN_STOP).touch()


def _claim(folder: Path) -> IO[str]:
    lock = (folder / _LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StateInUseError(
            f"another local AWS is running on {folder}; stop it or choose another folder"
        ) from error
    return lock


def _begin(folder: Path) -> Start:
    marker = folder / _CLEAN_STOP
    present = [folder / name for name in _KEPT if (folder / name).exists()]
    if marker.exists():
        marker.unlink()
        return "restored" if present else "empty"
    for path in present:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return "empty_after_crash" if present else "empty"
