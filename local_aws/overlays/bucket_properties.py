"""S3 bucket properties: encryption, lifecycle, ownership, access logging and tags.

ministack's CloudFormation drops all five without a word, so a template's encrypted bucket is not encrypted.
It also refuses `aws:kms` without a key, for which AWS uses the account's `aws/s3` key.
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation

HOOKS = (
    "ministack.services.cloudformation.provisioners:_S3_BUCKET_CONFIGURATIONS",
    "ministack.services.s3:_put_bucket_encryption",
    "ministack.services.s3:_delete_bucket_encryption",
    "ministack.services.s3:_put_bucket_lifecycle",
    "ministack.services.s3:_delete_bucket_lifecycle",
    "ministack.services.s3:_put_bucket_ownership_controls",
    "ministack.services.s3:_delete_bucket_ownership_controls",
    "ministack.services.s3:_put_bucket_logging",
    "ministack.services.s3:_put_bucket_tagging",
    "ministack.services.s3:_delete_bucket_tagging",
    "ministack.services.s3:_resolve_sse_write_headers",
)

_AWS_MANAGED_KEY = "alias/aws/s3"
_ALGORITHM_HEADER = "x-amz-server-side-encryption"
_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def install() -> None:
    """Put this overlay in place."""
    provisioners._S3_BUCKET_CONFIGURATIONS += (
        ("BucketEncryption", _encryption, _put(s3._put_bucket_encryption), s3._delete_bucket_encryption),
        ("LifecycleConfiguration", _lifecycle, _put(s3._put_bucket_lifecycle), s3._delete_bucket_lifecycle),
        (
            "OwnershipControls",
            _ownership,
            _put(s3._put_bucket_ownership_controls),
            s3._delete_bucket_ownership_controls,
        ),
        ("LoggingConfiguration", _logging, _put(s3._put_bucket_logging), _stop_logging),
        ("Tags", _tagging, _put(s3._put_bucket_tagging), s3._delete_bucket_tagging),
    )
    _use_managed_key_by_default()


def _put(operation: Callable[[str, bytes], Any]) -> Callable[[str, bytes], None]:
    def put(bucket: str, document: bytes) -> None:
        cloudformation.succeed(operation(bucket, document), f"a property of bucket {bucket}")

    return put


def _use_managed_key_by_default() -> None:
    resolve = s3._resolve_sse_write_headers

    def resolve_sse_write_headers(headers: dict[str, str], bucket: str) -> Any:
        if headers.get(_ALGORITHM_HEADER) == "aws:kms" and not headers.get(_KEY_HEADER):
            headers = {**headers, _KEY_HEADER: _AWS_MANAGED_KEY}
        return resolve(headers, bucket)

    s3._resolve_sse_write_headers = resolve_sse_write_headers


def _encryption(properties: Mapping[str, Any]) -> bytes:
    rules = []
    for rule in properties["ServerSideEncryptionConfiguration"]:
        default = dict(rule["ServerSideEncryptionByDefault"])
        if default["SSEAlgorithm"] == "aws:kms":
            default.setdefault("KMSMasterKeyID", _AWS_MANAGED_KEY)
        converted = {"ApplyServerSideEncryptionByDefault": default}
        if "BucketKeyEnabled" in rule:
            converted["BucketKeyEnabled"] = rule["BucketKeyEnabled"]
        rules.append(converted)
    return _xml("ServerSideEncryptionConfiguration", {"Rule": rules})


def _lifecycle(properties: Mapping[str, Any]) -> bytes:
    return _xml(
        "LifecycleConfiguration",
        {"Rule": [_lifecycle_rule(rule, index) for index, rule in enumerate(properties["Rules"])]},
    )


def _lifecycle_rule(rule: Mapping[str, Any], index: int) -> dict[str, Any]:
    converted: dict[str, Any] = {
        "ID": rule.get("Id", f"rule-{index}"),
        "Filter": {"Prefix": rule.get("Prefix", "")},
        "Status": rule["Status"],
    }
    if "ExpirationInDays" in rule:
        converted["Expiration"] = {"Days": rule["ExpirationInDays"]}
    elif "ExpiredObjectDeleteMarker" in rule:
        converted["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "Transitions" in rule:
        converted["Transition"] = [_transition(each, "Days") for each in rule["Transitions"]]
    if "NoncurrentVersionTransitions" in rule:
        transitions = rule["NoncurrentVersionTransitions"]
        converted["NoncurrentVersionTransition"] = [
            _transition(each, "NoncurrentDays") for each in transitions
        ]
    if "NoncurrentVersionExpiration" in rule:
        converted["NoncurrentVersionExpiration"] = dict(rule["NoncurrentVersionExpiration"])
    if "AbortIncompleteMultipartUpload" in rule:
        converted["AbortIncompleteMultipartUpload"] = dict(rule["AbortIncompleteMultipartUpload"])
    return converted


def _transition(transition: Mapping[str, Any], days: str) -> dict[str, Any]:
    return {days: transition["TransitionInDays"], "StorageClass": transition["StorageClass"]}


def _ownership(properties: Mapping[str, Any]) -> bytes:
    return _xml("OwnershipControls", {"Rule": properties["Rules"]})


def _logging(properties: Mapping[str, Any]) -> bytes:
    target = {
        "TargetBucket": properties["DestinationBucketName"],
        "TargetPrefix": properties.get("LogFilePrefix", ""),
    }
    return _xml("BucketLoggingStatus", {"LoggingEnabled": target})


def _stop_logging(bucket: str) -> None:
    s3._put_bucket_logging(bucket, _xml("BucketLoggingStatus", {}))


def _tagging(tags: list[dict[str, str]]) -> bytes:
    return _xml("Tagging", {"TagSet": {"Tag": tags}})


def _xml(root_name: str, content: Mapping[str, Any]) -> bytes:
    root = Element(root_name, xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    _fill(root, content)
    return tostring(root)


def _fill(parent: Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            child = SubElement(parent, name)
            if isinstance(item, Mapping):
                _fill(child, item)
            else:
                child.text = str(item).lower() if isinstance(item, bool) else str(item)
