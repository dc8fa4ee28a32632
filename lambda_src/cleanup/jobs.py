"""What training runs leave behind: candidate models of aborted runs, and the jobs' log streams.

All jobs of an account share a log group for each kind, so only the workload's own streams are deleted, and
the group only when nobody's streams are left:
https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .deletion import attempt, passing

RUN = "-([0-9a-f]{12})-"


@dataclass(frozen=True, kw_only=True)
class JobCleanup:
    """Removes the leftovers of the jobs whose names begin with a prefix, a dash and a run's 12 hex digits."""

    sagemaker: Any
    logs: Any

    def sweep(self, prefix: str, tuning_prefix: str, log_groups: Sequence[str]) -> list[str]:
        """Delete what can be deleted; returns what is left to try again, in words.

        A tuning job's name is too short for the environment, so its jobs are known by their runs only. These
        the streams of the other jobs tell, which therefore go last. Any error that time doesn't heal, such as
        a missing permission, is raised as botocore's `ClientError`.
        """
        what = f"the logs and candidate models of {prefix}"
        return _guarded(what, lambda: self._sweep(prefix, tuning_prefix, log_groups))

    def _sweep(self, prefix: str, tuning_prefix: str, log_groups: Sequence[str]) -> list[str]:
        left = self._sweep_candidates(prefix)
        runs = {run for group in log_groups for run, _ in self._streams_of_runs(group, prefix)}
        tuning = [each for group in log_groups for each in self._sweep_streams(group, tuning_prefix, runs)]
        if tuning:
            return left + tuning
        for group in log_groups:
            left += self._sweep_streams(group, prefix, runs) or self._sweep_empty(group)
        return left

    def _sweep_candidates(self, prefix: str) -> list[str]:
        left: list[str] = []
        pages = self.sagemaker.get_paginator("list_models").paginate(NameContains=prefix)
        for name in [summary["ModelName"] for page in pages for summary in page["Models"]]:
            if re.fullmatch(re.escape(prefix) + RUN + "candidate", name):
                left += attempt(f"model {name}", self.sagemaker.delete_model, ModelName=name)
        return left

    def _sweep_streams(self, group: str, prefix: str, runs: Collection[str]) -> list[str]:
        left: list[str] = []
        for run, stream in list(self._streams_of_runs(group, prefix)):
            if run in runs:
                left += self._attempt(
                    f"log stream {stream}",
                    self.logs.delete_log_stream,
                    logGroupName=group,
                    logStreamName=stream,
                )
        return left

    def _sweep_empty(self, group: str) -> list[str]:
        if next(self._streams(group), None) is not None:
            return []
        return self._attempt(f"log group {group}", self.logs.delete_log_group, logGroupName=group)

    def _attempt(self, what: str, delete: Callable[..., object], **names: str) -> list[str]:
        """Delete a part of the logs; one that has gone meanwhile is as well."""
        try:
            return attempt(what, delete, **names)
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def _streams_of_runs(self, group: str, prefix: str) -> Iterator[tuple[str, str]]:
        """Each stream of the jobs that a prefix begins, after its run."""
        for stream in self._streams(group, logStreamNamePrefix=f"{prefix}-"):
            found = re.match(re.escape(prefix) + RUN, stream)
            if found:
                yield found[1], stream

    def _streams(self, group: str, **narrowed: str) -> Iterator[str]:
        pages = self.logs.get_paginator("describe_log_streams").paginate(logGroupName=group, **narrowed)
        try:
            for page in pages:
                for stream in page["logStreams"]:
                    yield stream["logStreamName"]
        except self.logs.exceptions.ResourceNotFoundException:
            return


def _guarded(what: str, sweep: Callable[[], list[str]]) -> list[str]:
    try:
        return sweep()
    except ClientError as error:
        return [passing(error, what)]
