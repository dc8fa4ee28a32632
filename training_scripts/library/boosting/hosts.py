"""The hosts of a training job, as one group of XGBoost workers.

The first host also runs XGBoost's tracker, which introduces the workers to each other
(https://xgboost.readthedocs.io/en/stable/python/python_api.html#module-xgboost.tracker). All hosts find it
by that host's name and by a port that follows from the job's name: jobs that share a machine don't meet.
"""

from __future__ import annotations

import json
import os
import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from xgboost import collective
from xgboost.tracker import RabitTracker

PORTS = range(20_000, 32_000)  # below those that Linux hands out to outgoing connections
SECONDS_TO_MEET = 300
SECONDS_BETWEEN_ATTEMPTS = 1.0

_Shared = TypeVar("_Shared")


@dataclass(frozen=True)
class Hosts:
    """All hosts of the job and which one this is, as SageMaker names them."""

    names: tuple[str, ...] = ("algo-1",)
    current: str = "algo-1"
    job_name: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Hosts:
        """Read what SageMaker's containers tell a script; one host, if they tell nothing."""
        names = tuple(sorted(json.loads(environment.get("SM_HOSTS", '["algo-1"]'))))
        current = environment.get("SM_CURRENT_HOST", names[0])
        if current not in names:
            raise ValueError(f"SM_CURRENT_HOST {current!r} is not one of SM_HOSTS {', '.join(names)}")
        return cls(names, current, environment.get("TRAINING_JOB_NAME", ""))

    @property
    def place(self) -> int:
        """The place of this host among all: 0 is the first, which saves the model."""
        return self.names.index(self.current)

    @property
    def is_first(self) -> bool:
        """Whether this host saves the model."""
        return self.place == 0

    @property
    def tracker_port(self) -> int:
        """The port of the tracker: the same on all hosts of a job."""
        return PORTS[zlib.crc32(self.job_name.encode()) % len(PORTS)]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within this context XGBoost trains one model on the rows of all hosts."""
        if len(self.names) == 1:
            yield
            return
        address = _address(self.names[0])
        tracker = self._start_tracker(address) if self.is_first else None
        try:
            with self._communicator(address):
                yield
        finally:
            if tracker is not None:  # the others can't leave the group without it
                tracker.wait_for(timeout=SECONDS_TO_MEET)

    def _communicator(self, address: str) -> collective.CommunicatorContext:
        return collective.CommunicatorContext(
            dmlc_communicator="rabit",
            dmlc_tracker_uri=address,
            dmlc_tracker_port=self.tracker_port,
            dmlc_task_id=f"{self.place:06d}",
            dmlc_retry=SECONDS_TO_MEET,
            dmlc_timeout=SECONDS_TO_MEET,
        )

    def _start_tracker(self, address: str) -> RabitTracker:
        tracker = RabitTracker(
            n_workers=len(self.names),
            host_ip=address,
            port=self.tracker_port,
            sortby="task",
            timeout=SECONDS_TO_MEET,
        )
        tracker.start()
        return tracker

    def gathered(self, value: _Shared) -> list[_Shared]:
        """Return the values of all hosts, in the hosts' order; every host must ask, and gets the same."""
        if len(self.names) == 1:
            return [value]
        return [collective.broadcast(value, place) for place in range(len(self.names))]


def _address(name: str) -> str:
    """Return the address of a host, whose name may be known only some time after the job's start."""
    deadline = time.monotonic() + SECONDS_TO_MEET
    while time.monotonic() < deadline:
        with suppress(OSError):
            return socket.gethostbyname(name)
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)
    return socket.gethostbyname(name)
