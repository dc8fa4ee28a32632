"""Input channels: what lies in S3, brought into a container's folders as SageMaker lays it out."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

from local_aws.sagemaker.jobs.lifecycle import JobFailedError
from local_aws.sagemaker.transfer import RoleStorage, StoredObject, TransferError
from local_aws.sagemaker.uris import S3Location


def download(
    storage: RoleStorage,
    data_type: str,
    uri: str,
    folder: Path,
    *,
    gzipped: bool = False,
    share: tuple[int, int] = (0, 1),
) -> int:
    """Bring an S3 prefix, or the objects a manifest names, into a folder; returns how many files it has then.

    `share` is (which host, of how many): with more hosts than one, each gets every so manieth object, as
    ShardedByS3Key asks for. One whose share is empty gets nothing.

    Raises:
        TransferError: there is nothing, or the role may not read it.
        JobFailedError: the manifest is malformed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    which, of_many = share
    found = objects(storage, data_type, uri)[which::of_many]
    for item in found:
        target = folder / item.relative_name
        storage.download(item.location, target)
        if gzipped:
            _unzip(target)
    return len(found)


def objects(storage: RoleStorage, data_type: str, uri: str) -> list[StoredObject]:
    """The objects of an S3 prefix, or those a manifest names."""
    location = S3Location.parse(uri)
    return _manifest_objects(storage, location) if data_type == "ManifestFile" else storage.list(location)


def _manifest_objects(storage: RoleStorage, manifest: S3Location) -> list[StoredObject]:
    """A manifest is `[{"prefix": "s3://bucket/some/prefix/"}, "relative/path", ...]`."""
    try:
        entries: list[Any] = json.loads(storage.read(manifest))
        prefix = S3Location.parse(entries[0]["prefix"])
        names = [str(entry) for entry in entries[1:]]
    except (ValueError, KeyError, IndexError, TypeError):
        raise JobFailedError(
            f"ClientError: Data download failed: Manifest file {manifest} is malformed; it should be a "
            "JSON list of "
            '{"prefix": "s3://…"} and then the objects\' relative names.'
        ) from None
    if not names:
        raise TransferError(f"Data download failed: Manifest file {manifest} names no objects.")
    return [StoredObject(S3Location(prefix.bucket, prefix.key + name), name, 0) for name in names]


def _unzip(path: Path) -> None:
    unzipped = path.with_name(f".{path.name}.unzipped")
    try:
        with gzip.open(path) as packed, unzipped.open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (OSError, EOFError) as error:
        raise JobFailedError(
            f"ClientError: Data download failed: {path.name} is not gzip data: {error}"
        ) from None
    unzipped.replace(path.with_suffix("") if path.suffix == ".gz" else path)
    if path.suffix == ".gz":
        path.unlink()
