"""CDK's automatic emptying of a bucket that is deleted with its stack, natively.

The function behind `Custom::S3AutoDeleteObjects` needs the AWS SDK for Node.js, and without it a stack's
deletion hangs. This does the same with the permissions of that function's role, which the bucket's policy
grants: every version and delete marker goes, but only while the bucket bears the tag that asks for it.
"""

from typing import Any

from local_aws import clients, cloudformation
from local_aws.cloudformation import Properties

HOOKS = cloudformation.HOOKS

_TYPE = "Custom::S3AutoDeleteObjects"
_TAG = {"Key": "aws-cdk:auto-delete-objects", "Value": "true"}
# The most keys that one DeleteObjects takes.
_BATCH = 1000


def install() -> None:
    """Put this overlay in place."""
    cloudformation.register(_TYPE, create=_create, update=_update, delete=_delete)


def _create(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    return str(properties["BucketName"]), {}


def _update(_physical_id: str, old: Properties, new: Properties, _stack: str) -> tuple[str, Properties]:
    if old["BucketName"] != new["BucketName"]:
        _empty(old)
    return str(new["BucketName"]), {}


def _delete(_physical_id: str, properties: Properties) -> None:
    _empty(properties)


def _empty(properties: Properties) -> None:
    _, configuration = cloudformation.function_of(properties["ServiceToken"])
    s3 = clients.client("s3", configuration["Role"], configuration["FunctionName"], "lambda.amazonaws.com")
    bucket = properties["BucketName"]
    try:
        tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchBucket", "NoSuchTagSet"):
            return
        raise
    if _TAG in tags:
        _delete_versions(s3, bucket)


def _delete_versions(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        for start in range(0, len(objects), _BATCH):
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects[start : start + _BATCH]})
            if answer.get("Errors"):
                first = answer["Errors"][0]
                raise ValueError(f"could not empty bucket {bucket}: {first['Key']}: {first['Code']}")
