"""CloudWatch Logs of jobs and endpoints: one stream for each container, holding its real lines."""

import time
from pathlib import Path
from typing import TextIO

from ministack.services import cloudwatch_logs

from local_aws.functions.logs import may_write

_MESSAGE_LIMIT = 256 * 1024


class LogStream:
    """A container's log: a CloudWatch stream, if the role may write there, and a file that outlives it."""

    def __init__(self, group: str, stream: str, file: Path, role_arn: str | None) -> None:
        self._group = group
        self._stream = stream
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = file.open("a", encoding="utf-8", buffering=1)
        self._is_written = role_arn is not None and may_write(role_arn, group, stream)
        if self._is_written:
            cloudwatch_logs._create_log_group({"logGroupName": group})
            cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})

    def write(self, line: str) -> None:
        """Add one line."""
        self._file.write(line + "\n")
        if not self._is_written:
            return
        event = {"timestamp": round(time.time() * 1000), "message": line[:_MESSAGE_LIMIT]}
        cloudwatch_logs._put_log_events(
            {"logGroupName": self._group, "logStreamName": self._stream, "logEvents": [event]}
        )

    def close(self) -> None:
        """Close the file; the stream stays."""
        self._file.close()
