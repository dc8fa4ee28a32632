"""Who did what with the platform's objects is in the trail."""

from __future__ import annotations

from typing import Any

from tests.local.delivered_trail import delivered, log_files
from tests.local.platform.deployed import DeployedPlatform


def _of_key(events: list[dict[str, Any]], name: str, key: str) -> list[dict[str, Any]]:
    return [
        event
        for event in events
        if event["eventName"] == name and (event["requestParameters"] or {}).get("key") == key
    ]


def test_a_read_and_a_write_of_data_are_in_the_trail(platform: DeployedPlatform) -> None:
    # Given an object in the data bucket, and the bucket that the platform's trail delivers to
    s3, bucket = platform.client("s3"), platform.outputs["DataBucketName"]
    [trail] = platform.client("cloudtrail").describe_trails()["trailList"]
    key = platform.upload(b"1").removeprefix(f"s3://{bucket}/")
    # When it is read
    s3.get_object(Bucket=bucket, Key=key)
    # Then both are delivered: what was done with which object, when and by whom
    events = delivered(s3, trail["S3BucketName"], lambda found: bool(_of_key(found, "GetObject", key)))
    for name, read_only in (("PutObject", False), ("GetObject", True)):
        [event] = _of_key(events, name, key)
        assert event["requestParameters"]["bucketName"] == bucket
        assert event["userIdentity"]["type"] == "Root"
        assert (event["readOnly"], event["eventCategory"]) == (read_only, "Data")
        assert event["eventTime"]
    # And what is delivered is encrypted with the platform's key
    newest = log_files(s3, trail["S3BucketName"])[-1]
    stored = s3.head_object(Bucket=trail["S3BucketName"], Key=newest)
    assert stored["SSEKMSKeyId"] == platform.outputs["KeyArn"]
