"""CDK's bucket deployments, natively.

The function behind `Custom::CDKBucketDeployment` needs a layer with the AWS CLI, which cannot run here. This
does the same with the permissions of that function's role: unpack the sources, put every file under the
destination's prefix, remove what is no longer there when asked to prune. The destination bucket's own
encryption applies.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3_deployment-readme.html
"""

import fnmatch
import io
import mimetypes
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

from local_aws import clients, cloudformation
from local_aws.cloudformation import Properties

HOOKS = cloudformation.HOOKS

_TYPE = "Custom::CDKBucketDeployment"
_SYSTEM_METADATA = {
    "content-type": "ContentType",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "sse": "ServerSideEncryption",
    "sse-kms-key-id": "SSEKMSKeyId",
    "storage-class": "StorageClass",
    "website-redirect": "WebsiteRedirectLocation",
    "acl": "ACL",
}


def install() -> None:
    """Put this overlay in place."""
    cloudformation.register(_TYPE, create=_create, update=_update, delete=_delete)


def _create(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    return f"aws.cdk.s3deployment.{uuid.uuid4()}", _deploy(properties)


def _update(physical_id: str, old: Properties, new: Properties, _stack: str) -> tuple[str, Properties]:
    moved = _destination(old) != _destination(new)
    if moved and not cloudformation.is_true(new.get("RetainOnDelete", True)):
        _remove(old)
    return physical_id, _deploy(new)


def _delete(_physical_id: str, properties: Properties) -> None:
    if not cloudformation.is_true(properties.get("RetainOnDelete", True)):
        _remove(properties)


def _client(properties: Properties) -> Any:
    _, configuration = cloudformation.function_of(properties["ServiceToken"])
    name = configuration["FunctionName"]
    return clients.client("s3", configuration["Role"], name, "lambda.amazonaws.com")


def _destination(properties: Properties) -> tuple[str, str]:
    prefix = (properties.get("DestinationBucketKeyPrefix") or "").strip("/")
    return properties["DestinationBucketName"], f"{prefix}/" if prefix else ""


def _deploy(properties: Properties) -> Properties:
    s3 = _client(properties)
    bucket, prefix = _destination(properties)
    arguments = {"Metadata": properties.get("UserMetadata") or {}}
    for name, value in (properties.get("SystemMetadata") or {}).items():
        arguments[_SYSTEM_METADATA[name]] = value
    deployed = set()
    for name, content in _files(s3, properties):
        content_type = mimetypes.guess_type(name)[0] or "binary/octet-stream"
        s3.put_object(
            Bucket=bucket, Key=prefix + name, Body=content, **{"ContentType": content_type, **arguments}
        )
        deployed.add(prefix + name)
    if cloudformation.is_true(properties.get("Prune", True)):
        present = {
            key for key in _keys(s3, bucket, prefix) if _selected(key.removeprefix(prefix), properties)
        }
        _remove_keys(s3, bucket, present - deployed)
    data = {"DestinationBucketArn": properties.get("DestinationBucketArn", f"arn:aws:s3:::{bucket}")}
    if cloudformation.is_true(properties.get("OutputObjectKeys", True)):
        data["SourceObjectKeys"] = properties["SourceObjectKeys"]
    return data


def _files(s3: Any, properties: Properties) -> Iterator[tuple[str, bytes]]:
    """Every (name, content) of the sources that is to be deployed, its markers replaced by their values."""
    buckets, keys = properties["SourceBucketNames"], properties["SourceObjectKeys"]
    markers = properties.get("SourceMarkers") or [{}] * len(buckets)
    extract = cloudformation.is_true(properties.get("Extract", True))
    for bucket, key, values in zip(buckets, keys, markers, strict=True):
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        members = _members(content) if extract else [(key.rsplit("/", 1)[-1], content)]
        for name, member in members:
            if _selected(name, properties):
                yield name, _replace(member, values)


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        for member in zipped.infolist():
            if not member.is_dir():
                yield member.filename, zipped.read(member)


def _replace(content: bytes, values: dict[str, object]) -> bytes:
    for marker, value in values.items():
        content = content.replace(marker.encode(), str(value).encode())
    return content


def _selected(name: str, properties: Properties) -> bool:
    """Whether the AWS CLI's `--exclude` and then `--include` patterns leave this name in."""
    excluded = any(fnmatch.fnmatchcase(name, pattern) for pattern in properties.get("Exclude") or [])
    return not excluded or any(
        fnmatch.fnmatchcase(name, pattern) for pattern in properties.get("Include") or []
    )


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (entry["Key"] for entry in page.get("Contents", []))


def _remove(properties: Properties) -> None:
    s3 = _client(properties)
    bucket, prefix = _destination(properties)
    _remove_keys(s3, bucket, set(_keys(s3, bucket, prefix)))


def _remove_keys(s3: Any, bucket: str, keys: set[str]) -> None:
    for key in sorted(keys):
        s3.delete_object(Bucket=bucket, Key=key)
