"""`deliver`: new raw data, whose completeness starts a training."""

from pathlib import Path

from cli import raw_data
from cli.errors import OperatorError
from cli.platform import Platform
from settings.uploads import COMPLETE, delivery_prefix
from settings.workload import Workload


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
    prefix = delivery_prefix(workload)
    for file in files:
        s3.upload_file(str(file.path), bucket, prefix + file.name)
    s3.put_object(Bucket=bucket, Key=prefix + COMPLETE, Body=b"")
    return f"s3://{bucket}/{prefix}"
