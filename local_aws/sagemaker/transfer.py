"""S3 as a job reaches it: over HTTP with its role's own credentials, so that a missing permission fails the
job."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_region

from local_aws.sagemaker.uris import S3Location

_CHUNK = 1024 * 1024
_session = botocore.session.Session()
_session_lock = threading.Lock()


class TransferError(Exception):
    """S3 refused, or has no such object; the text is what SageMaker reports after `ClientError: `."""


@dataclass(frozen=True)
class StoredObject:
    """An object found under a prefix, and its name relative to that prefix."""

    location: S3Location
    relative_name: str
    size: int


class RoleStorage:
    """S3 with the credentials of a role."""

    def __init__(self, role_arn: str, environment: Mapping[str, str]) -> None:
        self._role_arn = role_arn
        with _session_lock:
            self._client = _session.create_client(
                "s3",
                region_name=environment["AWS_REGION"],
                endpoint_url=environment["AWS_ENDPOINT_URL"],
                aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=environment["AWS_SESSION_TOKEN"],
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
            )

    def list(self, prefix: S3Location) -> list[StoredObject]:
        """The objects under a prefix, folder markers left out.

        Raises:
            TransferError: there are none, or the role may not list the bucket.
        """
        try:
            found = list(self._objects(prefix))
        except (ClientError, BotoCoreError) as error:
            raise TransferError(
                _nothing_found(prefix, self._role_arn, f" Error message from S3: {error}")
            ) from None
        if not found:
            raise TransferError(_nothing_found(prefix, self._role_arn, ""))
        return found

    def require(self, location: S3Location) -> None:
        """Raise TransferError unless the object is there and the role may read it."""
        try:
            self._client.head_object(Bucket=location.bucket, Key=location.key)
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"Failed to read {location}: {error}") from None

    def read(self, location: S3Location) -> bytes:
        """An object's content; raises TransferError if it can't be had."""
        try:
            answer = self._client.get_object(Bucket=location.bucket, Key=location.key)
            content: bytes = answer["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"Failed to download {location}: {error}") from None
        return content

    def download(self, location: S3Location, path: Path) -> None:
        """Write an object to a file; raises TransferError if it can't be had."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            answer = self._client.get_object(Bucket=location.bucket, Key=location.key)
            with path.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(_CHUNK):
                    file.write(chunk)
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"Failed to download {location}: {error}") from None

    def upload(self, path: Path, location: S3Location, kms_key: str | None) -> None:
        """Write a file to an object, encrypted with the key if one is given; raises TransferError."""
        with path.open("rb") as file:
            self.write(file, location, kms_key)

    def write(self, body: Any, location: S3Location, kms_key: str | None) -> None:
        """Write bytes or an open file to an object, encrypted with the key if one is given; raises
        TransferError."""
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        try:
            self._client.put_object(Bucket=location.bucket, Key=location.key, Body=body, **encryption)
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"Failed to upload to {location}: {error}") from None

    def _objects(self, prefix: S3Location) -> Iterator[StoredObject]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=prefix.bucket, Prefix=prefix.key):
            for found in page.get("Contents", []):
                if not found["Key"].endswith("/"):
                    location = S3Location(prefix.bucket, found["Key"])
                    yield StoredObject(location, _relative_name(prefix.key, location.key), found["Size"])


def _relative_name(prefix: str, key: str) -> str:
    rest = key[len(prefix) :]
    if prefix.endswith("/") or not prefix:
        return rest
    return rest.lstrip("/") if rest.startswith("/") else key[prefix.rfind("/") + 1 :]


def _nothing_found(prefix: S3Location, role_arn: str, detail: str) -> str:
    return (
        f'Data download failed: No objects found under S3 URL "{prefix}" given in input data source. '
        "Please ensure "
        f"that the bucket exists in the selected region ({get_region()}), that objects exist under that S3 "
        "prefix, "
        f'and that the role "{role_arn}" has "s3:ListBucket" permissions on bucket "{prefix.bucket}".{detail}'
    )
