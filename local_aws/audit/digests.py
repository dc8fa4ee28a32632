"""Digest files: signed lists of a trail's log files, each of which names the one before.

What AWS's own `aws cloudtrail validate-logs` reads. Each log file is followed by one, instead of one each
hour for the log files of that hour. A chain begins when logging does.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from ministack.services import cloudtrail

from local_aws.audit import files, signing, trails
from local_aws.audit.events import Event

HOOKS = (
    *files.HOOKS,
    *signing.HOOKS,
    "ministack.services.cloudtrail:_DISPATCH",
    "ministack.services.cloudtrail:_TRAIL_STATE_KEYS",
)

# The member of a trail's record that holds what its next digest file says of the one before.
_CHAIN = "_DigestBefore"
_FIRST = {
    "digestEndTime": None,
    "previousDigestS3Bucket": None,
    "previousDigestS3Object": None,
    "previousDigestHashValue": None,
    "previousDigestHashAlgorithm": None,
    "previousDigestSignature": None,
}


class LogFile(NamedTuple):
    """A log file that was delivered: `content` is uncompressed."""

    account: str
    region: str
    key: str
    content: bytes
    events: Sequence[Event]


def install() -> None:
    """Begin a chain anew when a trail's logging stops."""
    cloudtrail._TRAIL_STATE_KEYS |= {_CHAIN, "_DigestedAt"}
    original = cloudtrail._DISPATCH["StopLogging"]

    def stop_logging(body: dict[str, Any]) -> Any:
        answer = original(body)
        if answer[0] < 400:
            trails.record_of(body["Name"]).pop(_CHAIN, None)
        return answer

    cloudtrail._DISPATCH["StopLogging"] = stop_logging


def write(trail: dict[str, Any], log_file: LogFile) -> None:
    """Write the digest file that lists a log file.

    Raises:
        TrailRefusedError: S3 refused it.
    """
    before = trail.get(_CHAIN) or _FIRST
    bucket, now = trail["S3BucketName"], time.time()
    key, end = _key(trail, log_file, now), _iso(now)
    content = json.dumps(_document(trail, log_file, before, key, end)).encode()
    digest = hashlib.sha256(content).hexdigest()
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
    signature = signing.sign(
        f"{end}\n{bucket}/{key}\n{digest}\n{before['previousDigestSignature'] or 'null'}"
    )
    files.put(trail, key, content, {"signature": signature, "signature-algorithm": signing.ALGORITHM})
    trail["_DigestedAt"] = now
    trail[_CHAIN] = {
        "digestEndTime": end,
        "previousDigestS3Bucket": bucket,
        "previousDigestS3Object": key,
        "previousDigestHashValue": digest,
        "previousDigestHashAlgorithm": "SHA-256",
        "previousDigestSignature": signature,
    }


def _key(trail: dict[str, Any], log_file: LogFile, now: float) -> str:
    account, region = log_file.account, log_file.region
    moment = time.gmtime(now)
    prefix = f"{trails.log_prefix(trail, account)}CloudTrail-Digest/{region}"
    name = f"{account}_CloudTrail-Digest_{region}_{trail['Name']}_{region}"
    day, second = time.strftime("%Y/%m/%d", moment), time.strftime("%Y%m%dT%H%M%SZ", moment)
    return f"{prefix}/{day}/{name}_{second}.json.gz"


def _document(
    trail: dict[str, Any], log_file: LogFile, before: dict[str, Any], key: str, end: str
) -> dict[str, Any]:
    times = [event["eventTime"] for event in log_file.events]
    span = {"newestEventTime": max(times), "oldestEventTime": min(times)}
    listed = {
        "s3Bucket": trail["S3BucketName"],
        "s3Object": log_file.key,
        "hashValue": hashlib.sha256(log_file.content).hexdigest(),
        "hashAlgorithm": "SHA-256",
        **span,
    }
    return {
        "awsAccountId": log_file.account,
        "digestStartTime": before["digestEndTime"] or span["oldestEventTime"],
        **{name: value for name, value in before.items() if name != "digestEndTime"},
        "digestEndTime": end,
        "digestS3Bucket": trail["S3BucketName"],
        "digestS3Object": key,
        "digestPublicKeyFingerprint": signing.fingerprint(),
        "digestSignatureAlgorithm": signing.ALGORITHM,
        **span,
        "logFiles": [listed],
    }


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
