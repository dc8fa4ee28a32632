"""Files that a trail delivers: gzipped JSON in its bucket, encrypted with its key."""

import gzip
from collections.abc import Mapping
from typing import Any

from ministack.services import s3

from local_aws.audit import trails

HOOKS = ("ministack.services.s3:_put_object",)


def put(
    trail: Mapping[str, Any], key: str, content: bytes, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a document, which is compressed here.

    Raises:
        TrailRefusedError: S3 refused it.
    """
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    headers |= {f"x-amz-meta-{name}": value for name, value in (metadata or {}).items()}
    if trail.get("KmsKeyId"):
        headers["x-amz-server-side-encryption"] = "aws:kms"
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = trail["KmsKeyId"]
    answer = s3._put_object(trail["S3BucketName"], key, gzip.compress(content), headers)
    if answer[0] >= 400:
        raise trails.TrailRefusedError("InvalidS3Bucket", str(answer[2]))
