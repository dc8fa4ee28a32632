"""What training runs leave behind: candidate models of aborted runs, and the jobs' log streams.

All jobs of an account share a log group for each kind, so only the workload's own streams are deleted, and
the group only when nobody's streams are left:
https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .deletion import attempt, passing


@dataclass(frozen=True, kw_only=True)
class JobCleanup:
    """Removes the leftovers of the jobs whose names begin with `prefix`, a dash and 12 hex digits."""

    sagemaker: Any
    logs: Any

    def sweep(self, prefix: str, log_groups: Sequence[str]) -> list[str]:
        """Delete what can be deleted; returns what is left to try again, in words.

        Any error that time doesn't heal, such as a missing permission, is raised as botocore's `ClientError`.
        """
        left: list[str] = []
        for group in log_groups:
            left += self._guarded(f"log group {group}", self._sweep_log_group, prefix, group)
        return left + self._guarded(f"candidate models of {prefix}", self._sweep_candidates, prefix)

    def _guarded(self, what: str, sweep: Any, *arguments: str) -> list[str]:
        try:
            left: list[str] = sweep(*arguments)
        except ClientError as error:
            return [passing(error, what)]
        return left

    def _sweep_candidates(self, prefix: str) -> list[str]:
        left: list[str] = []
        pages = self.sagemaker.get_paginator("list_models").paginate(NameContains=prefix)
        for name in [summary["ModelName"] for page in pages for summary in page["Models"]]:
            if re.fullmatch(re.escape(prefix) + "-[0-9a-f]{12}-candidate", name):
                left += attempt(f"model {name}", self.sagemaker.delete_model, ModelName=name)
        return left

    def _sweep_log_group(self, prefix: str, group: str) -> list[str]:
        left: list[str] = []
        try:
            for stream in list(self._streams(group, logStreamNamePrefix=f"{prefix}-")):
                if re.match(re.escape(prefix) + "-[0-9a-f]{12}-", stream):
                    left += attempt(
                        f"log stream {stream}",
                        self.logs.delete_log_stream,
                        logGroupName=group,
                        logStreamName=stream,
                    )
            if not left and next(self._streams(group), None) is None:
                left += attempt(f"log group {group}", self.logs.delete_log_group, logGroupName=group)
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return left

    def _streams(self, group: str, **narrowed: str) -> Iterator[str]:
        for page in self.logs.get_paginator("describe_log_streams").paginate(logGroupName=group, **narrowed):
            for stream in page["logStreams"]:
                yield stream["logStreamName"]
