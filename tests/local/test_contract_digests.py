"""Digest files prove a trail's log files: each is signed and names the one before."""

import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.local.delivered_trail import content, delivered, digest_files, uncompressed
from tests.local.running import LocalAws
from tests.local.trail_policies import bucket_policy


@pytest.fixture
def bucket(local_aws: LocalAws, name: str) -> str:
    """The bucket of a trail with validation that logs."""
    s3, cloudtrail = local_aws.client("s3"), local_aws.client("cloudtrail")
    s3.create_bucket(Bucket=f"{name}-logs")
    s3.put_bucket_policy(Bucket=f"{name}-logs", Policy=bucket_policy(f"{name}-logs", name))
    cloudtrail.create_trail(Name=name, S3BucketName=f"{name}-logs", EnableLogFileValidation=True)
    cloudtrail.start_logging(Name=name)
    return f"{name}-logs"


def record_something(local_aws: LocalAws, bucket: str) -> None:
    """Call something, and wait until it is delivered."""
    alias = f"alias/{bucket}-{len(digest_files(local_aws.client('s3'), bucket))}"
    local_aws.client("kms").create_alias(
        AliasName=alias, TargetKeyId=local_aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    )
    delivered(local_aws.client("s3"), bucket, lambda found: alias in str(found))


def verify(local_aws: LocalAws, bucket: str, key: str, said: bytes) -> None:
    """Check a digest file's signature over what it says, as AWS tells how; raises InvalidSignature.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
    """
    s3, document = local_aws.client("s3"), content(local_aws.client("s3"), bucket, key)
    metadata = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
    [public] = local_aws.client("cloudtrail").list_public_keys()["PublicKeyList"]
    assert public["Fingerprint"] == document["digestPublicKeyFingerprint"]
    assert metadata["signature-algorithm"] == document["digestSignatureAlgorithm"] == "SHA256withRSA"
    before = document["previousDigestSignature"] or "null"
    lines = (document["digestEndTime"], f"{bucket}/{key}", hashlib.sha256(said).hexdigest(), before)
    loaded = load_der_public_key(public["Value"])
    assert isinstance(loaded, rsa.RSAPublicKey)
    signature = bytes.fromhex(metadata["signature"])
    loaded.verify(signature, "\n".join(lines).encode(), padding.PKCS1v15(), hashes.SHA256())


def documents(s3: Any, bucket: str) -> list[dict[str, Any]]:
    return [content(s3, bucket, key) for key in digest_files(s3, bucket)]


def test_each_log_file_is_in_a_signed_digest_file_that_names_the_one_before(
    local_aws: LocalAws, bucket: str, name: str
) -> None:
    # Given a trail that delivers twice
    s3 = local_aws.client("s3")
    record_something(local_aws, bucket)
    record_something(local_aws, bucket)
    first, second = documents(s3, bucket)[:2]
    # Then the first begins a chain, the second goes on with it
    assert first["previousDigestS3Object"] is None
    assert first["previousDigestSignature"] is None
    said = uncompressed(s3, bucket, first["digestS3Object"])
    assert second["previousDigestS3Object"] == first["digestS3Object"]
    assert second["previousDigestHashValue"] == hashlib.sha256(said).hexdigest()
    metadata = s3.head_object(Bucket=bucket, Key=first["digestS3Object"])["Metadata"]
    assert second["previousDigestSignature"] == metadata["signature"]
    assert second["digestStartTime"] == first["digestEndTime"]
    # And each is signed, and lists its log file by its content
    for digest in (first, second):
        key = digest["digestS3Object"]
        verify(local_aws, bucket, key, uncompressed(s3, bucket, key))
        [log_file] = digest["logFiles"]
        logged = uncompressed(s3, bucket, log_file["s3Object"])
        assert log_file["hashValue"] == hashlib.sha256(logged).hexdigest()
    assert local_aws.client("cloudtrail").get_trail_status(Name=name)["LatestDigestDeliveryTime"]


def test_a_changed_digest_file_is_found_out(local_aws: LocalAws, bucket: str) -> None:
    # Given
    s3 = local_aws.client("s3")
    record_something(local_aws, bucket)
    key = digest_files(s3, bucket)[0]
    changed = uncompressed(s3, bucket, key).replace(b'"hashValue": "', b'"hashValue": "0')
    # Then
    with pytest.raises(InvalidSignature):
        verify(local_aws, bucket, key, changed)


def test_a_trail_whose_logging_stopped_begins_a_new_chain(
    local_aws: LocalAws, bucket: str, name: str
) -> None:
    # Given
    s3, cloudtrail = local_aws.client("s3"), local_aws.client("cloudtrail")
    record_something(local_aws, bucket)
    # When
    cloudtrail.stop_logging(Name=name)
    before = digest_files(s3, bucket)
    cloudtrail.start_logging(Name=name)
    record_something(local_aws, bucket)
    # Then
    new = [each for each in documents(s3, bucket) if each["digestS3Object"] not in before]
    assert new[0]["previousDigestS3Object"] is None


def test_a_trail_without_validation_writes_none(local_aws: LocalAws, bucket: str, name: str) -> None:
    local_aws.client("cloudtrail").update_trail(Name=name, EnableLogFileValidation=False)
    before = digest_files(local_aws.client("s3"), bucket)
    record_something(local_aws, bucket)
    assert digest_files(local_aws.client("s3"), bucket) == before
