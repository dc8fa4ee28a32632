"""What a run has left in the artifacts bucket, found by the model package that it registered."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cli.errors import OperatorError
from cli.platform import Platform
from cli.registry import ModelPackage

Document = Mapping[str, Any]


class RunArtifacts:
    """The files of the run that registered `package`."""

    def __init__(self, platform: Platform, package: ModelPackage) -> None:
        location = urlsplit(package.artifacts_uri)
        self._s3 = platform.client("s3")
        self._package = package
        self._bucket = location.netloc
        self._prefix = location.path.lstrip("/")

    def names(self) -> tuple[str, ...]:
        """Every file's name below the run's prefix."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        keys = (found["Key"] for page in pages for found in page.get("Contents", []))
        return tuple(key.removeprefix(self._prefix) for key in keys)

    def read(self, name: str, *, lacking: str) -> bytes:
        """A file's content.

        Raises:
            OperatorError: it isn't there; `lacking` says what the package lacks without it, and what to do.
        """
        try:
            content: bytes = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        except self._s3.exceptions.NoSuchKey as error:
            raise OperatorError(
                f"{self._package.artifacts_uri}{name} is gone, so version {self._package.version} {lacking}"
            ) from error
        return content

    def document(self, name: str, *, lacking: str) -> Document:
        """A JSON file's content; raises as `read` does."""
        content: Document = json.loads(self.read(name, lacking=lacking))
        return content


def save(content: bytes, path: Path) -> Path:
    """Write a file for the operator, in folders made as needed.

    Raises:
        OperatorError: it can't be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OperatorError(f"{path} can't be written: {error.strerror}.") from error
    return path.resolve()
