"""Reads s3:// sources and keeps raw data, by S3's own checksums."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .download import Download, save
from .faults import SourceMissing, SourceNotAllowed, SourceUnavailable, StoreRefused

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
                f"{uri} can't be read: it doesn't exist, or this function's role may not read it. {error}"
            ) from error
        raise SourceUnavailable(f"{uri} can't be read: {error}") from error
    except BotoCoreError as error:
        raise SourceUnavailable(f"{uri} can't be read: {error}") from error


def keep(s3: Any, download: Download, bucket: str, key: str) -> bool:
    """Upload a file unless the same content is there already; tells whether it was uploaded.

    One PutObject takes 5 GB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    Raises `StoreRefused` where the function may not look whether the object is there, or put it.
    """
    checksum = base64.b64encode(bytes.fromhex(download.sha256)).decode()
    if _stored_checksum(s3, bucket, key) == checksum:
        return False
    with download.path.open("rb") as body, _told(bucket, key):
        s3.put_object(Bucket=bucket, Key=key, Body=body, ChecksumSHA256=checksum)
    return True


def _stored_checksum(s3: Any, bucket: str, key: str) -> str | None:
    """The object's SHA-256 in base64, or None when there is no such object."""
    try:
        answer = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MISSING:
            return None
        if code in _REFUSED:
            # The answer to HEAD has no body, so that S3 says there neither who may not do what nor why.
            with _told(bucket, key):
                s3.get_object(Bucket=bucket, Key=key)["Body"].close()
        raise
    checksum: str | None = answer.get("ChecksumSHA256")
    return checksum


@contextmanager
def _told(bucket: str, key: str) -> Iterator[None]:
    """Say of a refusal what was refused on which object, and what would be right."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _REFUSED:
            raise
        raise StoreRefused(
            f"s3://{bucket}/{key} can't be kept: {error}. This function's role needs s3:GetObject and "
            "s3:PutObject on it, s3:ListBucket on its bucket, and kms:Decrypt and kms:GenerateDataKey on "
            "the bucket's key; deploying the training stack again grants them"
        ) from error
