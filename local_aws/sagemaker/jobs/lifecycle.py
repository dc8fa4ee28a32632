"""The life of a job: it waits for a place, runs, and ends as Completed, Failed or Stopped, each change
told."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from ministack.core.concurrency import spawn_background

from local_aws import credentials, persistence
from local_aws.images.catalogue import Image
from local_aws.sagemaker import events, store
from local_aws.sagemaker.container import Container, Filesystem
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.kinds import (
    HYPERPARAMETER_TUNING_JOB,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    Kind,
)
from local_aws.sagemaker.logs import LogStream
from local_aws.sagemaker.store import Record
from local_aws.sagemaker.transfer import RoleStorage, TransferError

logger = logging.getLogger(__name__)

JOB_KINDS = (TRAINING_JOB, HYPERPARAMETER_TUNING_JOB, PROCESSING_JOB, TRANSFORM_JOB)

# Jobs at once: what a machine of this size can do; the others wait, as on AWS for capacity.
CONCURRENT_JOBS = 4
# What AWS gives a container between TERM and KILL.
STOP_GRACE_SECONDS = 120
_REASON_LIMIT = 1024
_INTERRUPTED = (
    "InternalServerError: The local AWS was stopped while the job was running. Start the job again."
)

_places = threading.Semaphore(CONCURRENT_JOBS)
_running: dict[str, "Job"] = {}


class JobFailedError(Exception):
    """The job can't succeed; the text is its FailureReason."""


class JobStoppedError(Exception):
    """The job was stopped by its owner, or because its time was up."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("stopped")
        self.timed_out = timed_out


class Job:
    """A job under way: its record, its folder and log, and what its role may do."""

    def __init__(self, kind: Kind, record: Record, role_arn: str) -> None:
        self.kind = kind
        self.record = record
        self.name: str = record[f"{kind.name}Name"]
        self.role_arn = role_arn
        self.stop_requested = threading.Event()
        self.filesystem = Filesystem(_folder(kind, self.name))
        self.last_line = ""
        self._log: LogStream | None = None

    def open(self) -> None:
        """Make the job's empty folder, and take up its role.

        Raises:
            JobFailedError: the role can't be assumed any more.
        """
        shutil.rmtree(self.filesystem.folder, ignore_errors=True)
        self.filesystem.ml.mkdir(parents=True)
        try:
            self.role_environment = credentials.role_environment(self.role_arn, "SageMaker")
        except credentials.RoleNotAssumable as error:
            raise JobFailedError(f"ClientError: {error}") from None
        self.storage = RoleStorage(self.role_arn, self.role_environment)

    def log(self, line: str) -> None:
        """Write a line to the job's log."""
        if self._log is None:
            stream = f"{self.name}/algo-1-{int(time.time())}"
            file = self.filesystem.folder / "log.txt"
            self._log = LogStream(f"/aws/sagemaker/{self.kind.name}s", stream, file, self.role_arn)
        if line.strip():
            self.last_line = line.strip()
        self._log.write(line)

    def run(
        self,
        image: Image,
        command: Sequence[str],
        environment: Mapping[str, str],
        seconds: float,
        on_line: Callable[[str], None] | None = None,
    ) -> int:
        """Run a command of the job's image to its end, at most so long; returns the exit code.

        Raises:
            JobStoppedError: the job was stopped, or the time was up.
        """
        variables = {**self.role_environment, **environment}
        container = Container(image, command, self.filesystem, variables, on_line or self.log)
        deadline = time.monotonic() + seconds
        try:
            while (code := container.wait(0.05)) is None:
                self.check_stopped(deadline, container)
        finally:
            container.kill()
        return code

    def check_stopped(self, deadline: float, *containers: Container) -> None:
        """Raise JobStoppedError if the job was stopped or is past its deadline; its containers get time to
        end."""
        timed_out = time.monotonic() > deadline
        if not (timed_out or self.stop_requested.is_set()):
            return
        grace_ends = time.monotonic() + STOP_GRACE_SECONDS
        for container in containers:
            container.terminate()
        for container in containers:
            container.wait(max(0.0, grace_ends - time.monotonic()))
        raise JobStoppedError(timed_out=timed_out and not self.stop_requested.is_set())

    def close(self) -> None:
        """Close the log, and drop the data of a job that succeeded."""
        if self._log is not None:
            self._log.close()
        if self.record[f"{self.kind.name}Status"] == "Completed":
            shutil.rmtree(self.filesystem.ml, ignore_errors=True)
            shutil.rmtree(self.filesystem.folder / "hosts", ignore_errors=True)


def start(kind: Kind, record: Record, role_arn: str, work: Callable[[Job], None]) -> None:
    """Begin the job of a new record in the background: `work` does it, and raises if it fails or is
    stopped."""
    job = Job(kind, record, role_arn)
    _running[record[f"{kind.name}Arn"]] = job
    events.state_changed(kind, record)
    spawn_background(_live, job, work, thread_name=f"sagemaker-{kind.arn_type}")


def stop(kind: Kind, name: str) -> None:
    """Stop a job; one that is being stopped is left to it.

    Raises:
        ServiceError: there is no such job, or it has ended.
    """
    record = store.get(kind, name)
    status = record[f"{kind.name}Status"]
    if status == "Stopping":
        return
    job = _running.get(record[f"{kind.name}Arn"])
    if status != "InProgress" or job is None:
        words = kind.arn_type.replace("-", " ")
        raise validation_error(f"The request was rejected because the {words} is in status {status}.")
    change(job, "Stopping", SecondaryStatus="Stopping" if kind is TRAINING_JOB else None)
    job.stop_requested.set()


def change(job: Job, status: str | None = None, **fields: Any) -> None:
    """Change a job's record, and tell it as an event if its status changes."""
    prefix = job.kind.name
    if status is not None:
        fields[f"{prefix}Status"] = status
    store.update(job.record, **{name: value for name, value in fields.items() if value is not None})
    if status is not None:
        events.state_changed(job.kind, job.record)


def fail_interrupted() -> None:
    """Give up the jobs that ran when the state was saved: their processes are gone."""
    for kind in JOB_KINDS:
        store.for_each(kind, lambda record, kind=kind: _give_up(kind, record))  # type: ignore[misc]


def _live(job: Job, work: Callable[[Job], None]) -> None:
    try:
        with _place(job.kind):
            status, fields = _outcome(job, work)
        ended = {f"{job.kind.name.removesuffix('Job')}EndTime": time.time()}
        change(job, status, **ended, **fields)
    finally:
        job.close()
        _running.pop(job.record[f"{job.kind.name}Arn"], None)


def _place(kind: Kind) -> AbstractContextManager[object]:
    """A tuning job takes none of the places, which its training jobs need."""
    return nullcontext() if kind is HYPERPARAMETER_TUNING_JOB else _places


def _outcome(job: Job, work: Callable[[Job], None]) -> tuple[str, dict[str, Any]]:
    try:
        job.check_stopped(float("inf"))
        job.open()
        work(job)
    except JobStoppedError:
        return "Stopped", {}
    except JobFailedError as error:
        return "Failed", {"FailureReason": str(error)[:_REASON_LIMIT]}
    except TransferError as error:
        return "Failed", {"FailureReason": f"ClientError: {error}"[:_REASON_LIMIT]}
    except Exception as error:
        logger.exception("%s %s broke down", job.kind.name, job.name)
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        return "Failed", {"FailureReason": reason[:_REASON_LIMIT]}
    return "Completed", {}


def _give_up(kind: Kind, record: Record) -> None:
    if record[f"{kind.name}Status"] in ("InProgress", "Stopping"):
        now = time.time()
        record[f"{kind.name}Status"] = "Failed"
        record["FailureReason"] = _INTERRUPTED
        record[f"{kind.name.removesuffix('Job')}EndTime"] = now
        record["LastModifiedTime"] = now
        if kind is TRAINING_JOB:
            record["SecondaryStatus"] = "Failed"


def _folder(kind: Kind, name: str) -> Path:
    return persistence.state_dir() / "sagemaker" / "jobs" / kind.arn_type / name
