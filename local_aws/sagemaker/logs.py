"""CloudWatch Logs of jobs and endpoints: one stream for each container, holding its real lines."""

import time
from pathlib import Path
from typing import TextIO

from ministack.services import cloudwatch_logs

_MESSAGE_LIMIT = 256 * 1024


class LogStream:
    """A container's log: a CloudWatch stream, and a file that outlives it."""

    def __init__(self, group: str, stream: str, file: Path) -> None:
        self._group = group
        self._stream = stream
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = file.open("a", encoding="utf-8", buffering=1)
        cloudwatch_logs._create_log_group({"logGroupName": group})
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})

    def write(self, line: str) -> None:
        """Add one line."""
        self._file.write(line + "\n")
        event = {"timestamp": round(time.time() * 1000), "message": line[:_MESSAGE_LIMIT]}
        cloudwatch_logs._put_log_events(
            {"logGroupName": self._group, "logStreamName": self._stream, "logEvents": [event]}
        )

    def close(self) -> None:
        """Close the file; the stream stays."""
        self._file.close()
