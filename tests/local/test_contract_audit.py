"""Calls are recorded in CloudTrail's form, and trails deliver them."""

import json
import re
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.delivered_trail import DELIVERY_SECONDS, delivered, log_files
from tests.local.running import ACCOUNT, Deploy, LocalAws, MakeRole, StackFailed, statement, until
from tests.local.trail_policies import bucket_policy

FILE = re.compile(
    rf"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/\d{{4}}/\d\d/\d\d/"
    rf"{ACCOUNT}_CloudTrail_us-east-1_\d{{8}}T\d{{4}}Z_\w{{16}}\.json\.gz"
)


@pytest.fixture
def log_bucket(local_aws: LocalAws, name: str) -> str:
    """A bucket that the trail of this test may deliver to."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=f"{name}-logs")
    s3.put_bucket_policy(Bucket=f"{name}-logs", Policy=bucket_policy(f"{name}-logs", name))
    return f"{name}-logs"


@pytest.fixture
def data_bucket(local_aws: LocalAws, name: str) -> str:
    local_aws.client("s3").create_bucket(Bucket=f"{name}-data")
    return f"{name}-data"


def trail_template(name: str, bucket: str, data: str, **properties: Any) -> dict[str, Any]:
    resources = [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{data}/"]}]
    given = {
        "TrailName": name,
        "IsLogging": True,
        "S3BucketName": bucket,
        "EnableLogFileValidation": True,
        "EventSelectors": [
            {"ReadWriteType": "All", "IncludeManagementEvents": "false", "DataResources": resources}
        ],
        **properties,
    }
    return {"Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": given}}


def named(events: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (found,) = [event for event in events if event["eventName"] == name]
    return found


def test_a_trail_delivers_who_read_and_wrote_which_object(
    local_aws: LocalAws, deploy: Deploy, make_role: MakeRole, log_bucket: str, data_bucket: str, name: str
) -> None:
    # Given a trail of one bucket's objects, and a role that may write to it
    s3 = local_aws.client("s3")
    outputs = {"Trail": {"Ref": "Trail"}, "Arn": {"Fn::GetAtt": ["Trail", "Arn"]}}
    made = deploy(f"{name}-s", trail_template(name, log_bucket, data_bucket), outputs)
    assert made == {"Trail": name, "Arn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}"}
    role = make_role(None, statement("s3:PutObject"))
    writer = local_aws.as_role("s3", role)
    # When it writes, is refused to read, and someone writes elsewhere
    writer.put_object(Bucket=data_bucket, Key="raw/a.csv", Body=b"1")
    with pytest.raises(ClientError):
        writer.get_object(Bucket=data_bucket, Key="raw/a.csv")
    s3.put_object(Bucket=log_bucket, Key="other", Body=b"1")
    s3.delete_object(Bucket=log_bucket, Key="other")
    # Then the trail has the two calls, and no other
    events = delivered(s3, log_bucket, lambda found: len(found) >= 2)
    put, get = named(events, "PutObject"), named(events, "GetObject")
    assert len(events) == 2
    assert put["userIdentity"]["type"] == "AssumedRole"
    assert put["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role
    assert put["requestParameters"]["bucketName"] == data_bucket
    assert put["requestParameters"]["key"] == "raw/a.csv"
    assert (put["readOnly"], put["managementEvent"], put["eventCategory"]) == (False, False, "Data")
    assert "errorCode" not in put
    assert get["errorCode"] == "AccessDenied"
    assert "s3:GetObject" in get["errorMessage"]
    # And by CloudTrail's names
    assert all(FILE.fullmatch(key) for key in log_files(s3, log_bucket))
    cloudtrail = local_aws.client("cloudtrail")
    assert cloudtrail.get_trail_status(Name=name)["IsLogging"] is True
    # Which is told once the file is there
    until(lambda: cloudtrail.get_trail_status(Name=name).get("LatestDeliveryTime"), "no delivery was told")


def test_a_trail_that_could_not_deliver_is_refused(
    local_aws: LocalAws, deploy: Deploy, data_bucket: str, name: str
) -> None:
    with pytest.raises(ClientError, match="InsufficientS3BucketPolicyException"):
        local_aws.client("cloudtrail").create_trail(Name=name, S3BucketName=data_bucket)
    with pytest.raises(
        StackFailed, match=f"Incorrect S3 bucket policy is detected for bucket: {data_bucket}"
    ):
        deploy(name, trail_template(name, data_bucket, data_bucket))


def key_policy(name: str) -> str:
    """A key's policy that lets the account administer it, and CloudTrail encrypt with it for this trail."""
    trail = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}"
    owner = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"}
    service = {
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "kms:GenerateDataKey*",
        "Condition": {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trail}},
    }
    return json.dumps(
        {"Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in (owner, service)]}
    )


def test_a_trail_encrypts_with_its_key(
    local_aws: LocalAws, log_bucket: str, data_bucket: str, name: str
) -> None:
    # Given
    s3, kms, cloudtrail = (local_aws.client(each) for each in ("s3", "kms", "cloudtrail"))
    other = kms.create_key()["KeyMetadata"]["Arn"]
    key = kms.create_key(Policy=key_policy(name))["KeyMetadata"]["Arn"]
    trail = {"Name": name, "S3BucketName": log_bucket}
    with pytest.raises(ClientError, match="InsufficientEncryptionPolicyException"):
        cloudtrail.create_trail(**trail, KmsKeyId=other)
    # When
    cloudtrail.create_trail(**trail, KmsKeyId=key)
    cloudtrail.start_logging(Name=name)
    s3.put_bucket_versioning(Bucket=data_bucket, VersioningConfiguration={"Status": "Enabled"})
    delivered(s3, log_bucket, lambda found: any(each["eventName"] == "PutBucketVersioning" for each in found))
    # Then
    assert s3.head_object(Bucket=log_bucket, Key=log_files(s3, log_bucket)[0])["SSEKMSKeyId"] == key
    cloudtrail.delete_trail(Name=name)


def test_a_stopped_trail_takes_nothing(
    local_aws: LocalAws, deploy: Deploy, log_bucket: str, data_bucket: str, name: str
) -> None:
    # Given
    s3 = local_aws.client("s3")
    deploy(f"{name}-s", trail_template(name, log_bucket, data_bucket, IsLogging=False))
    s3.put_object(Bucket=data_bucket, Key="before", Body=b"1")
    # When it begins
    deploy(f"{name}-s", trail_template(name, log_bucket, data_bucket))
    s3.put_object(Bucket=data_bucket, Key="after", Body=b"1")
    # Then
    (event,) = delivered(s3, log_bucket, lambda found: len(found) > 0)
    assert event["requestParameters"]["key"] == "after"


def test_a_trail_writes_to_its_log_group_if_its_role_may(
    local_aws: LocalAws, deploy: Deploy, make_role: MakeRole, log_bucket: str, data_bucket: str, name: str
) -> None:
    # Given
    logs, s3 = local_aws.client("logs"), local_aws.client("s3")
    logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}:*"
    role = make_role(
        "cloudtrail.amazonaws.com", statement(["logs:CreateLogStream", "logs:PutLogEvents"], arn)
    )
    group = {"CloudWatchLogsLogGroupArn": arn, "CloudWatchLogsRoleArn": role}
    deploy(f"{name}-s", trail_template(name, log_bucket, data_bucket, **group))
    # When
    s3.put_object(Bucket=data_bucket, Key="k", Body=b"1")
    delivered(s3, log_bucket, lambda found: len(found) > 0)
    # Then
    deadline = time.monotonic() + DELIVERY_SECONDS
    while not (messages := local_aws.log_messages(name)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [json.loads(message)["eventName"] for message in messages] == ["PutObject"]


def test_events_are_looked_up_without_a_trail(
    local_aws: LocalAws, make_role: MakeRole, data_bucket: str
) -> None:
    # Given
    cloudtrail = local_aws.client("cloudtrail")
    role = make_role(None)
    with pytest.raises(ClientError):
        local_aws.as_role("kms", role).list_keys()
    # When
    (created,) = cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": data_bucket}]
    )["Events"]
    keys = cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListKeys"}]
    )["Events"]
    # Then
    event = json.loads(created["CloudTrailEvent"])
    assert (event["eventName"], event["eventSource"]) == ("CreateBucket", "s3.amazonaws.com")
    assert event["userIdentity"]["type"] == "Root"
    refused = json.loads(keys[0]["CloudTrailEvent"])
    assert refused["errorCode"] == "AccessDeniedException"
    assert refused["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role


def test_secrets_are_not_recorded(local_aws: LocalAws, name: str) -> None:
    # When
    local_aws.client("secretsmanager").create_secret(Name=name, SecretString="hunter2")
    # Then
    found = local_aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateSecret"}]
    )["Events"]
    event = json.loads(found[0]["CloudTrailEvent"])
    assert event["requestParameters"]["name"] == name
    assert event["requestParameters"]["secretString"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
