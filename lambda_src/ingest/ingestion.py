"""One run's data: fetched, checked, unpacked, kept, and recorded."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import archive, objects
from .download import Download
from .faults import ChecksumMismatch, SourceMissing, SourceNotAllowed
from .web import without_secrets

PREFIX_LENGTH = 16


WebFetcher = Callable[[str, Path, int], Download]
"""Downloads an https:// URI to a file, up to a number of bytes; raises the errors of `ingest.faults`."""


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """A file of the raw data: where it came from, and what it holds."""

    name: str
    source: str
    source_sha256: str
    content: Download

    def summary(self) -> dict[str, Any]:
        """What the state machine's next states use."""
        return {"name": self.name, "sha256": self.content.sha256, "bytes": self.content.size_bytes}

    def record(self) -> dict[str, Any]:
        """What is kept with the run; the source's checksum is the archive's when it was one."""
        return {**self.summary(), "source": self.source, "source_sha256": self.source_sha256}


@dataclass(frozen=True, kw_only=True)
class Ingestion:
    """Brings files into the data bucket, and a record of them into the artifacts bucket."""

    s3: Any
    fetch_web: WebFetcher
    data_bucket: str
    artifacts_bucket: str
    max_bytes: int

    def run(self, workload: str, run: str, files: list[Mapping[str, Any]]) -> dict[str, Any]:
        """Take in all files of a run; raises the errors of `ingest.faults`.

        Files that are there already with the same content are not uploaded again.
        """
        with TemporaryDirectory() as folder:
            taken = [self._take(file, Path(folder) / str(index)) for index, file in enumerate(files)]
            sha256 = data_sha256(taken)
            prefix = f"raw/{workload}/{sha256[:PREFIX_LENGTH]}/"
            for file in taken:
                objects.keep(self.s3, file.content, self.data_bucket, prefix + file.name)
        raw_uri = f"s3://{self.data_bucket}/{prefix}"
        record = {
            "workload": workload,
            "run": run,
            "raw_uri": raw_uri,
            "data_sha256": sha256,
            "files": [file.record() for file in taken],
        }
        self._keep_record(f"runs/{workload}/{run}/data.json", record)
        return {"raw_uri": raw_uri, "data_sha256": sha256, "files": [file.summary() for file in taken]}

    def _take(self, file: Mapping[str, Any], path: Path) -> RawFile:
        name, source = file["name"], file["source"]
        if not source:
            raise SourceMissing(
                f"{name} has no source: set one in workload.yaml, "
                f"or give sources.{name}.uri in the execution input"
            )
        fetched = self._fetch(source, path)
        if file["sha256"] and fetched.sha256 != file["sha256"].lower():
            raise ChecksumMismatch(
                f"{without_secrets(source)} has the SHA-256 {fetched.sha256}, not {file['sha256']}"
            )
        content = fetched
        if archive.is_archive(path) and not name.endswith(".zip"):
            what = without_secrets(source)
            content = archive.unpack(
                path, name, path.with_suffix(".unpacked"), max_bytes=self.max_bytes, what=what
            )
            path.unlink()
        return RawFile(name=name, source=source, source_sha256=fetched.sha256, content=content)

    def _fetch(self, source: str, path: Path) -> Download:
        if source.startswith("s3://"):
            return objects.fetch(self.s3, source, path, self.max_bytes)
        if source.startswith("https://"):
            return self.fetch_web(source, path, self.max_bytes)
        raise SourceNotAllowed(f"{without_secrets(source)} isn't an s3:// or https:// URI")

    def _keep_record(self, key: str, record: Mapping[str, Any]) -> None:
        body = json.dumps(record, indent=2, sort_keys=True).encode() + b"\n"
        self.s3.put_object(Bucket=self.artifacts_bucket, Key=key, Body=body, ContentType="application/json")


def data_sha256(files: Iterable[RawFile]) -> str:
    """One checksum for all files: of the listing that `sha256sum` would print for them, sorted by name."""
    listing = "".join(
        f"{file.content.sha256}  {file.name}\n" for file in sorted(files, key=lambda file: file.name)
    )
    return hashlib.sha256(listing.encode()).hexdigest()
