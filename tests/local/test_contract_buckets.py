"""Buckets from templates are what the template says, and CDK's helpers for them work."""

import json
from typing import Any

import pytest

from tests.local.running import Deploy, LocalAws, MakeRole, StackFailed, delete_stack, statement, zip_of

DEPLOYMENT = "Custom::CDKBucketDeployment"
EMPTYING = "Custom::S3AutoDeleteObjects"


def bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def encryption(**default: Any) -> dict[str, Any]:
    rule = {"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    return {"ServerSideEncryptionConfiguration": [rule]}


def helper(role: str) -> dict[str, Any]:
    """A function that, like the framework's own, could not run here."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "nodejs22.x",
            "Handler": "index.handler",
            "Role": role,
            "Code": {"ZipFile": "exports.handler = () => { throw new Error('never'); }"},
        },
    }


def test_properties_reach_the_bucket(local_aws: LocalAws, deploy: Deploy, name: str) -> None:
    # Given
    s3 = local_aws.client("s3")
    rules = [
        {
            "Id": "clean",
            "Status": "Enabled",
            "Prefix": "raw/",
            "ExpirationInDays": 90,
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            "Transitions": [{"TransitionInDays": 60, "StorageClass": "GLACIER"}],
        }
    ]
    resources = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": []}}},
        "Logs": bucket(BucketName=f"{name}-logs"),
        "Data": bucket(
            BucketName=name,
            BucketEncryption=encryption(
                SSEAlgorithm="aws:kms", KMSMasterKeyID={"Fn::GetAtt": ["Key", "Arn"]}
            ),
            LifecycleConfiguration={"Rules": rules},
            LoggingConfiguration={"DestinationBucketName": {"Ref": "Logs"}, "LogFilePrefix": "data/"},
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            Tags=[{"Key": "team", "Value": "ml"}],
        ),
    }
    # When
    key = deploy(name, resources, {"Key": {"Fn::GetAtt": ["Key", "Arn"]}})["Key"]
    # Then
    encrypted = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encrypted["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": key,
    }
    assert encrypted["BucketKeyEnabled"] is True
    rule = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]
    assert rule["Expiration"] == {"Days": 90}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rule["Transitions"] == [{"Days": 60, "StorageClass": "GLACIER"}]
    assert rule["Filter"]["Prefix"] == "raw/"
    logging = s3.get_bucket_logging(Bucket=name)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == (f"{name}-logs", "data/")
    ownership = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "ml"}]
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=name)
    # When an update drops them
    resources["Data"] = bucket(BucketName=name)
    deploy(name, resources)
    # Then they are gone
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=name)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=name)


def test_kms_without_a_key_is_the_accounts_own(local_aws: LocalAws, deploy: Deploy, name: str) -> None:
    # Given
    s3 = local_aws.client("s3")
    deploy(name, {"B": bucket(BucketName=name, BucketEncryption=encryption(SSEAlgorithm="aws:kms"))})
    # When
    by_default = s3.put_object(Bucket=name, Key="a", Body=b"x")
    asked_for = s3.put_object(Bucket=name, Key="b", Body=b"x", ServerSideEncryption="aws:kms")
    # Then
    assert by_default["ServerSideEncryption"] == asked_for["ServerSideEncryption"] == "aws:kms"
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})


def test_plain_http_counts_as_secure_transport(local_aws: LocalAws, make_role: MakeRole, name: str) -> None:
    # Given a bucket that denies what is not TLS
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=name)
    policy = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Statement": [policy]}))
    role = make_role(None, statement("s3:PutObject", f"arn:aws:s3:::{name}/*"))
    # When
    answer = local_aws.as_role("s3", role).put_object(Bucket=name, Key="k", Body=b"x")
    # Then
    assert answer["ETag"]


@pytest.fixture
def source(local_aws: LocalAws, name: str) -> str:
    """A bucket with an archive of a.py and b.py as `code.zip`."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=f"{name}-source")
    s3.put_object(Bucket=f"{name}-source", Key="code.zip", Body=zip_of(a="print('<<where>>')", b="2"))
    s3.put_object(Bucket=f"{name}-source", Key="less.zip", Body=zip_of(a="3"))
    return f"{name}-source"


def deployment(source: str, name: str, archive: str = "code.zip", **properties: Any) -> dict[str, Any]:
    return {
        "Type": DEPLOYMENT,
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Helper", "Arn"]},
            "SourceBucketNames": [source],
            "SourceObjectKeys": [archive],
            "SourceMarkers": [{"<<where>>": "here"}],
            "DestinationBucketName": name,
            "DestinationBucketKeyPrefix": "code/x",
            **properties,
        },
    }


def keys(s3: Any, bucket_name: str) -> set[str]:
    return {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket_name).get("Contents", [])}


@pytest.mark.parametrize(
    ("prune", "left"), [(False, {"code/x/a.py", "code/x/b.py"}), (True, {"code/x/a.py"})]
)
def test_a_deployment_puts_the_files_and_prunes_if_asked(
    local_aws: LocalAws,
    make_role: MakeRole,
    deploy: Deploy,
    source: str,
    name: str,
    prune: bool,
    left: set[str],
) -> None:
    # Given
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="elsewhere", Body=b"stays")
    role = make_role("lambda.amazonaws.com", statement("s3:*"))
    resources = {"Helper": helper(role), "Code": deployment(source, name, Prune=prune)}
    # When
    deploy(name, resources)
    # Then
    assert keys(s3, name) == {"code/x/a.py", "code/x/b.py", "elsewhere"}
    assert s3.get_object(Bucket=name, Key="code/x/a.py")["Body"].read() == b"print('here')"
    # When the next archive has one file less
    resources["Code"] = deployment(source, name, "less.zip", Prune=prune)
    deploy(name, resources)
    # Then
    assert keys(s3, name) == {*left, "elsewhere"}
    assert s3.get_object(Bucket=name, Key="code/x/a.py")["Body"].read() == b"3"


def test_a_deployment_has_its_functions_permissions_only(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, source: str, name: str
) -> None:
    # Given a role that may read but not write
    local_aws.client("s3").create_bucket(Bucket=name)
    role = make_role("lambda.amazonaws.com", statement("s3:GetObject"))
    # When
    with pytest.raises(StackFailed) as failure:
        deploy(name, {"Helper": helper(role), "Code": deployment(source, name)})
    # Then
    assert "AccessDenied" in str(failure.value)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_bucket_is_emptied_before_it_is_deleted_if_it_is_tagged(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str, wanted: bool
) -> None:
    # Given
    s3 = local_aws.client("s3")
    role = make_role("lambda.amazonaws.com", statement("s3:*"))
    tags = [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}] if wanted else []
    resources = {
        "Helper": helper(role),
        "Empty": {
            "Type": EMPTYING,
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["Helper", "Arn"]}, "BucketName": name},
        },
    }
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    deploy(name, resources)
    for body in (b"1", b"2"):
        s3.put_object(Bucket=name, Key="k", Body=body)
    s3.delete_object(Bucket=name, Key="k")
    # When
    status = delete_stack(local_aws.client("cloudformation"), name)
    # Then
    assert status == "DELETE_COMPLETE"
    left = s3.list_object_versions(Bucket=name)
    assert len(left.get("Versions", [])) == (0 if wanted else 2)
    assert len(left.get("DeleteMarkers", [])) == (0 if wanted else 1)
