"""Reads s3:// sources and keeps raw data, by S3's own checksums."""

import base64
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .download import Download, save
from .faults import SourceMissing, SourceNotAllowed, SourceUnavailable

_MISSING = {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}
_REFUSED = {"403", "AccessDenied"}


def fetch(s3: Any, uri: str, path: Path, max_bytes: int) -> Download:
    """Download an object to a file.

    Raises `SourceNotAllowed`, `SourceMissing`, `SourceUnavailable` or `SourceTooLarge`.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise SourceNotAllowed(f"{uri} isn't of the form s3://bucket/key")
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
        return save(
            answer["Body"].read, path, max_bytes=max_bytes, announced_bytes=answer["ContentLength"], what=uri
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            raise SourceMissing(f"{uri} doesn't exist ({code})") from error
        if code in _REFUSED:
            raise SourceUnavailable(
                f"{uri} can't be read ({code}): it doesn't exist, or this function's role may not read it"
            ) from error
        raise SourceUnavailable(f"{uri} can't be read: {error}") from error
    except BotoCoreError as error:
        raise SourceUnavailable(f"{uri} can't be read: {error}") from error


def keep(s3: Any, download: Download, bucket: str, key: str) -> bool:
    """Upload a file unless the same content is there already; tells whether it was uploaded.

    One PutObject takes 5 GB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    checksum = base64.b64encode(bytes.fromhex(download.sha256)).decode()
    if _stored_checksum(s3, bucket, key) == checksum:
        return False
    with download.path.open("rb") as body:
        s3.put_object(Bucket=bucket, Key=key, Body=body, ChecksumSHA256=checksum)
    return True


def _stored_checksum(s3: Any, bucket: str, key: str) -> str | None:
    """The object's SHA-256 in base64, or None when there is no such object."""
    try:
        answer = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    checksum: str | None = answer.get("ChecksumSHA256")
    return checksum
