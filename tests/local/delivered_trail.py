"""What a trail has delivered to its bucket."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from typing import Any

DELIVERY_SECONDS = 120
Events = list[dict[str, Any]]


def delivered(s3: Any, bucket: str, enough: Callable[[Events], bool]) -> Events:
    """The events in a bucket's log files, once there are enough of them."""
    deadline = time.monotonic() + DELIVERY_SECONDS
    while time.monotonic() < deadline:
        events = [event for key in log_files(s3, bucket) for event in content(s3, bucket, key)["Records"]]
        if enough(events):
            return events
        time.sleep(0.2)
    raise AssertionError("the trail delivered too little")


def log_files(s3: Any, bucket: str) -> list[str]:
    """The keys of a bucket's log files, the oldest minute first."""
    return _keys(s3, bucket, "CloudTrail")


def digest_files(s3: Any, bucket: str) -> list[str]:
    """The keys of a bucket's digest files, the oldest first."""
    return _keys(s3, bucket, "CloudTrail-Digest")


def _keys(s3: Any, bucket: str, folder: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = (each["Key"] for page in pages for each in page.get("Contents", []))
    return [key for key in keys if f"/{folder}/" in key]


def content(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    """The document in a log or digest file."""
    read: dict[str, Any] = json.loads(uncompressed(s3, bucket, key))
    return read


def uncompressed(s3: Any, bucket: str, key: str) -> bytes:
    """What a log or digest file says, to the byte."""
    return gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
