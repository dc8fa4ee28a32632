"""A script's folder: where `sagemaker_submit_directory` says that it is."""

import os
import tarfile
import tempfile
from pathlib import Path

from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import BASE_VARIABLE

_OPT_ML = "/opt/ml"


def below_base(text: str) -> str:
    """A path below /opt/ml as it is below the folder that stands for it; any other text unchanged."""
    if text == _OPT_ML or text.startswith(f"{_OPT_ML}/"):
        return os.environ.get(BASE_VARIABLE, _OPT_ML) + text[len(_OPT_ML) :]
    return text


def fetch(place: str) -> Path:
    """The folder at a local path, or that of a gzipped tar file at a local path or in S3.

    Raises:
        ClientError: there is none.
    """
    if place.startswith("s3://"):
        return _unpacked(_downloaded(place))
    path = Path(below_base(place))
    if path.is_file():
        return _unpacked(path)
    if not path.is_dir():
        raise ClientError(f"sagemaker_submit_directory: there is no folder and no tar file at '{place}'.")
    return path


def _downloaded(uri: str) -> Path:
    import boto3  # noqa: PLC0415 - a folder needs none of it

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    target = Path(tempfile.mkdtemp()) / "sourcedir.tar.gz"
    boto3.client("s3").download_file(bucket, key, str(target))
    return target


def _unpacked(archive: Path) -> Path:
    target = Path(tempfile.mkdtemp())
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    return target
