"""What a customer's key encrypts can be used by those who may use the key."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.running import ACCOUNT, Deploy, Execute, LocalAws, MakeRole, statement

DELEGATING = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


@pytest.fixture
def key(local_aws: LocalAws) -> str:
    """A key whose policy leaves it to identity policies who may use it."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [DELEGATING]})
    return str(local_aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


@pytest.fixture
def encrypted(local_aws: LocalAws, key: str, name: str) -> str:
    """A bucket that encrypts with the key, and holds the object `k`."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=name)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    return name


def read(s3: Any, bucket: str) -> None:
    s3.get_object(Bucket=bucket, Key="k")


def write(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="new", Body=b"x")


def copy(s3: Any, bucket: str) -> None:
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})


def write_in_parts(s3: Any, bucket: str) -> None:
    s3.create_multipart_upload(Bucket=bucket, Key="parts")


@pytest.mark.parametrize(
    ("act", "needed"),
    [
        (read, ["kms:Decrypt"]),
        (write, ["kms:GenerateDataKey"]),
        (copy, ["kms:Decrypt", "kms:GenerateDataKey"]),
        (write_in_parts, ["kms:Decrypt", "kms:GenerateDataKey"]),
    ],
)
def test_an_object_takes_the_keys_permissions(
    local_aws: LocalAws,
    make_role: MakeRole,
    key: str,
    encrypted: str,
    act: Callable[[Any, str], None],
    needed: list[str],
) -> None:
    # Given
    storage = statement("s3:*")
    enough = local_aws.as_role("s3", make_role(None, storage, statement(needed, key)))
    lacking = {
        missing: make_role(None, storage, *[statement(each, key) for each in needed if each != missing])
        for missing in needed
    }
    # When it has what is needed, then it works
    act(enough, encrypted)
    # When one is missing, then that one is named
    for missing, role in lacking.items():
        s3 = local_aws.as_role("s3", role)
        with pytest.raises(s3.exceptions.ClientError) as refused:
            act(s3, encrypted)
        assert refused.value.response["Error"]["Code"] == "AccessDenied"
        assert f"not authorized to perform: {missing} on resource: {key}" in str(refused.value)


def test_the_keys_policy_may_give_the_permission(local_aws: LocalAws, make_role: MakeRole, name: str) -> None:
    # Given a role without any statement about keys, named by the key's policy
    role = make_role(None, statement("s3:*"))
    naming = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:GenerateDataKey", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [DELEGATING, naming]})
    key = local_aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    local_aws.client("s3").create_bucket(Bucket=name)
    s3 = local_aws.as_role("s3", role)
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    # When
    s3.put_object(Bucket=name, Key="k", Body=b"x", **encryption)
    # Then it may write, and not read
    with pytest.raises(s3.exceptions.ClientError, match="kms:Decrypt"):
        s3.get_object(Bucket=name, Key="k")


def test_a_disabled_key_gives_nothing(local_aws: LocalAws, key: str, encrypted: str) -> None:
    # Given
    s3 = local_aws.client("s3")
    # When
    local_aws.client("kms").disable_key(KeyId=key)
    # Then not even the account's root reads
    with pytest.raises(s3.exceptions.ClientError, match="Disabled"):
        s3.get_object(Bucket=encrypted, Key="k")


def test_publishing_to_an_encrypted_topic_takes_the_key(
    local_aws: LocalAws, make_role: MakeRole, key: str, name: str
) -> None:
    # Given
    topic = local_aws.client("sns").create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"]
    publish = statement("sns:Publish", topic)
    enough = make_role(None, publish, statement(["kms:GenerateDataKey", "kms:Decrypt"], key))
    lacking = make_role(None, publish, statement("kms:Decrypt", key))
    # When / Then
    assert local_aws.as_role("sns", enough).publish(TopicArn=topic, Message="m")["MessageId"]
    sns = local_aws.as_role("sns", lacking)
    with pytest.raises(sns.exceptions.ClientError, match="kms:GenerateDataKey"):
        sns.publish(TopicArn=topic, Message="m")


def test_a_topic_of_a_template_keeps_its_key(
    local_aws: LocalAws, deploy: Deploy, make_role: MakeRole, key: str, name: str
) -> None:
    # Given
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": key}}
    arn = deploy(name, {"Topic": topic}, {"Arn": {"Ref": "Topic"}})["Arn"]
    sns = local_aws.as_role("sns", make_role(None, statement("sns:Publish", arn)))
    # When / Then
    with pytest.raises(sns.exceptions.ClientError, match="kms:GenerateDataKey"):
        sns.publish(TopicArn=arn, Message="m")
    # And it is gone with an update that has none
    deploy(name, {"Topic": {**topic, "Properties": {"DisplayName": "open"}}}, {"Arn": {"Ref": "Topic"}})
    assert sns.publish(TopicArn=arn, Message="m")["MessageId"]


def test_a_state_machine_needs_the_key_too(
    make_machine: Callable[..., str], execute: Execute, key: str, encrypted: str
) -> None:
    # Given
    get = {
        "Get": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
            "Arguments": {"Bucket": encrypted, "Key": "k"},
            "Output": "{% $states.result.Body %}",
            "End": True,
        }
    }
    # When
    allowed = execute(make_machine(get, statement("s3:GetObject"), statement("kms:Decrypt", key)))
    denied = execute(make_machine(get, statement("s3:GetObject")))
    # Then
    assert allowed["output"] == "x"
    assert denied["error"] == "S3.S3Exception"
    assert "kms:Decrypt" in denied["cause"]
