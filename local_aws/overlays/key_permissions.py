"""Using what a customer's KMS key encrypts takes permissions on the key.

ministack stores the key's name and asks nobody, and a stack's topic loses its key. On AWS the caller needs
`kms:GenerateDataKey` to write an object and `kms:Decrypt` to read it (both for an upload in parts, which S3
reads back), and both to publish to an encrypted topic; identity policies or the key's policy may give them. A
disabled key, or one that waits for its deletion, gives nothing. Reading an object's metadata is not checked,
and neither are keys that AWS manages.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

import contextvars
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_region
from ministack.services import kms, s3, sns

from local_aws import cloudformation, enforcement
from local_aws.cloudformation import Properties

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.core.iam_evaluator:_verified_key",
    "ministack.services.kms:_resolve_key",
    "ministack.services.s3:_error",
    "ministack.services.s3:_resolve_sse_write_headers",
    "ministack.services.s3:_create_multipart_upload",
    "ministack.services.s3:_check_sse_read_headers",
    "ministack.services.s3:_check_sse_c_copy_source",
    "ministack.services.s3:_head_object",
    "ministack.services.sns:_topics",
)

_ALGORITHM_HEADER = "x-amz-server-side-encryption"
_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
_READ = ("kms:Decrypt",)
_WRITE = ("kms:GenerateDataKey",)
_WRITE_PARTS = ("kms:GenerateDataKey", "kms:Decrypt")

_reads_metadata_only: contextvars.ContextVar[bool] = contextvars.ContextVar("s3_head", default=False)
_writes_parts: contextvars.ContextVar[bool] = contextvars.ContextVar("s3_parts", default=False)


def install() -> None:
    """Put this overlay in place."""
    _check_writes()
    _check_reads()
    enforcement.also_needed.append(_topic_needs)
    cloudformation.after("AWS::SNS::Topic", _keep_key)


def _check_writes() -> None:
    resolve, create_upload = s3._resolve_sse_write_headers, s3._create_multipart_upload

    def resolve_sse_write_headers(headers: dict[str, str], bucket: str) -> Any:
        encryption, error = resolve(headers, bucket)
        if error is None:
            error = _refusal(encryption, _WRITE_PARTS if _writes_parts.get() else _WRITE)
        return encryption, error

    def create_multipart_upload(bucket: str, key: str, headers: dict[str, str]) -> Any:
        token = _writes_parts.set(True)
        try:
            return create_upload(bucket, key, headers)
        finally:
            _writes_parts.reset(token)

    s3._resolve_sse_write_headers = resolve_sse_write_headers
    s3._create_multipart_upload = create_multipart_upload


def _check_reads() -> None:
    check_read, check_source, head = s3._check_sse_read_headers, s3._check_sse_c_copy_source, s3._head_object

    def check_sse_read_headers(headers: dict[str, str], record: dict[str, Any]) -> Any:
        error = check_read(headers, record)
        if error is not None or _reads_metadata_only.get():
            return error
        return _refusal(record.get("preserved_headers", {}), _READ)

    def check_sse_c_copy_source(headers: dict[str, str], record: dict[str, Any]) -> Any:
        return check_source(headers, record) or _refusal(record.get("preserved_headers", {}), _READ)

    def head_object(*arguments: Any, **named: Any) -> Any:
        token = _reads_metadata_only.set(True)
        try:
            return head(*arguments, **named)
        finally:
            _reads_metadata_only.reset(token)

    s3._check_sse_read_headers = check_sse_read_headers
    s3._check_sse_c_copy_source = check_sse_c_copy_source
    s3._head_object = head_object


def _refusal(encryption: Mapping[str, str], actions: tuple[str, ...]) -> Any:
    """The error response for a caller who may not use the key of this encryption, else None."""
    key = (
        _customer_key(encryption.get(_KEY_HEADER, ""))
        if encryption.get(_ALGORITHM_HEADER) == "aws:kms"
        else None
    )
    if key is None:
        return None
    if key["KeyState"] != "Enabled":
        return s3._error("KMS.DisabledException", f"{key['Arn']} is {key['KeyState']}.", 400)
    role = enforcement.caller_role(iam_evaluator._verified_key.get())
    if role is None:
        return None
    try:
        for action in actions:
            enforcement.require(
                role, action, key["Arn"], {"kms:ViaService": f"s3.{get_region()}.amazonaws.com"}
            )
    except enforcement.AccessDenied as error:
        return s3._error("AccessDenied", str(error), 403)
    return None


def _customer_key(key_id: str) -> Any:
    """The record of a customer's key; None for a key that AWS manages, or that does not exist."""
    return kms._resolve_key(key_id) if key_id and "alias/aws/" not in key_id else None


def _keep_key(topic: str, properties: Properties, _before: Properties | None) -> None:
    attributes, member = sns._topics[topic]["attributes"], "KmsMasterKeyId"
    attributes.pop(member, None)
    if member in properties:
        attributes[member] = properties[member]


def _topic_needs(action: str, resource: str) -> list[enforcement.Need]:
    """What publishing to an encrypted topic takes besides `sns:Publish`."""
    topic = sns._topics.get(resource) if action == "sns:Publish" else None
    key = _customer_key(topic["attributes"].get("KmsMasterKeyId", "")) if topic else None
    if key is None:
        return []
    context = {"kms:ViaService": f"sns.{get_region()}.amazonaws.com"}
    return [enforcement.Need(each, key["Arn"], context) for each in _WRITE_PARTS]
