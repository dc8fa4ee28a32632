"""`deliver`: new raw data, whose completeness starts a training."""

from pathlib import Path
from typing import Final

from cli import raw_data
from cli.errors import OperatorError
from cli.platform import Platform
from settings.workload import Workload

COMPLETE: Final = "_SUCCESS"
"""The name of the object that says that all files are there; Hadoop's and Spark's convention."""


def deliver(platform: Platform, workload: Workload, folder: Path) -> str:
    """Upload the workload's data files, and then the object that starts its training; returns where.

    Raises:
        OperatorError: a file is missing, or no training would start.
    """
    if not workload.retraining.on_new_data:
        raise OperatorError(
            f"New data starts no training of {workload.name} in {platform.environment.name}: set "
            f"retraining.on_new_data, or use `{platform.command(f'train {workload.name} --data {folder}')}`."
        )
    files = raw_data.in_folder(workload, folder, {})
    s3, bucket = platform.client("s3"), platform.data_bucket
    prefix = f"{raw_data.uploads(workload)}/incoming/"
    for file in files:
        s3.upload_file(str(file.path), bucket, prefix + file.name)
    s3.put_object(Bucket=bucket, Key=prefix + COMPLETE, Body=b"")
    return f"s3://{bucket}/{prefix}"
