"""The archives in which jobs hand over models and outputs, and in which models come to endpoints."""

import tarfile
from pathlib import Path

from local_aws.sagemaker.transfer import RoleStorage
from local_aws.sagemaker.uris import S3Location


class ArchiveError(Exception):
    """The archive can't be unpacked; the text says why."""


def upload(storage: RoleStorage, folder: Path, location: S3Location, kms_key: str | None) -> None:
    """Pack a folder's content as `*.tar.gz` and put it to `location`."""
    archive = folder.with_name(f"{folder.name}.tar.gz")
    with tarfile.open(archive, "w:gz", compresslevel=6) as packed:
        for path in sorted(folder.iterdir()):
            packed.add(path, path.name)
    storage.upload(archive, location, kms_key)
    archive.unlink()


def download(storage: RoleStorage, location: S3Location, folder: Path) -> None:
    """Get a `*.tar.gz` from `location` and unpack it into a folder.

    Raises:
        TransferError: it can't be had.
        ArchiveError: it is no such archive, or holds paths outside of the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder.with_name(f"{folder.name}.tar.gz")
    storage.download(location, archive)
    try:
        with tarfile.open(archive, "r:gz") as packed:
            packed.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ArchiveError(f"Failed to extract model data archive from URL {location}: {error}") from None
    finally:
        archive.unlink()
