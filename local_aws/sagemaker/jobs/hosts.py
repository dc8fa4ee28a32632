"""The hosts of a training job, algo-1 to algo-n: a container each, which start together and fail together."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from local_aws.images.catalogue import Image
from local_aws.sagemaker.container import Container, Filesystem
from local_aws.sagemaker.jobs.lifecycle import Job
from local_aws.sagemaker.logs import LogStream


class Host:
    """One host: its file system, which for the first one is the job's own, and its log."""

    def __init__(self, job: Job, number: int) -> None:
        self.name = f"algo-{number}"
        self.index = number - 1
        self._job = job
        self._is_first = number == 1
        folder = job.filesystem.folder
        self.filesystem = job.filesystem if self._is_first else Filesystem(folder / "hosts" / self.name)
        self._last_line = ""
        self._log: LogStream | None = None

    @property
    def last_line(self) -> str:
        """The last line that says something."""
        return self._job.last_line if self._is_first else self._last_line

    def log(self, line: str) -> None:
        """Write a line to the host's log."""
        if self._is_first:
            self._job.log(line)
            return
        if self._log is None:
            stream = f"{self._job.name}/{self.name}-{int(time.time())}"
            group = f"/aws/sagemaker/{self._job.kind.name}s"
            file = self.filesystem.folder / "log.txt"
            self._log = LogStream(group, stream, file, self._job.role_arn)
        self._last_line = line.strip() or self._last_line
        self._log.write(line)

    def close(self) -> None:
        """Close the log; the first host's is the job's to close."""
        if self._log is not None:
            self._log.close()


def of(job: Job) -> list[Host]:
    """As many hosts as the job has instances."""
    count = job.record["ResourceConfig"]["InstanceCount"]
    return [Host(job, number) for number in range(1, count + 1)]


def run(
    job: Job,
    image: Image,
    command: Sequence[str],
    environments: Mapping[Host, Mapping[str, str]],
    seconds: float,
    on_line: Callable[[Host, str], None],
) -> tuple[Host, int]:
    """Run a command on every host with its environment; returns who failed first, or else who ended last, and
    his exit code.

    Raises:
        JobStoppedError: the job was stopped, or the time was up.
    """
    deadline = time.monotonic() + seconds
    running: dict[Host, Container] = {}
    with ExitStack() as end:
        for host, environment in environments.items():
            variables = {**job.role_environment, **environment}
            container = Container(image, command, host.filesystem, variables, partial(on_line, host))
            end.callback(container.kill)
            running[host] = container
        while True:
            for host, container in list(running.items()):
                code = container.wait(0.05)
                if code is not None:
                    del running[host]
                if code or (code == 0 and not running):
                    return host, code
            job.check_stopped(deadline, *running.values())
