"""Who attacks the platform: a session of a service's role, users without rights, other accounts, nobody."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local.platform.deployed import WORKLOAD, DeployedPlatform
from tests.local.running import ACCOUNT

OTHER_ACCOUNT = "111111111111"
ACCOUNT_ITSELF = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
_QUICK = {"retries": {"total_max_attempts": 1}}


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """Call what must be refused; gives AWS's code for it."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def fetch(url: str, **headers: str) -> tuple[int, str]:
    """Status and text of a GET without credentials; a header's name is written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named)  # noqa: S310 - this machine
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


@dataclass(frozen=True)
class Caller:
    """Somebody with credentials."""

    platform: DeployedPlatform
    credentials: Mapping[str, str]

    def client(self, service: str, **settings: Any) -> Any:
        session = self.platform.aws.session(**self.credentials)
        config = Config(**{**_QUICK, **settings})
        return session.client(service, endpoint_url=self.platform.aws.endpoint_url, config=config)

    def with_wrong_secret(self) -> Caller:
        return Caller(self.platform, {**self.credentials, "aws_secret_access_key": "wrong"})


def anonymous(platform: DeployedPlatform, service: str) -> Any:
    """A client that signs nothing."""
    return Caller(platform, {}).client(service, signature_version=UNSIGNED)


def other_account(platform: DeployedPlatform) -> Caller:
    """The root user of another account, who may do everything there."""
    return Caller(platform, {"aws_access_key_id": OTHER_ACCOUNT, "aws_secret_access_key": "test"})


def account_itself(platform: DeployedPlatform) -> Caller:
    """The root user of the platform's account."""
    return Caller(platform, {"aws_access_key_id": "test", "aws_secret_access_key": "test"})


@contextmanager
def user(platform: DeployedPlatform, *statements: Mapping[str, Any]) -> Iterator[Caller]:
    """A user of the account with these statements."""
    iam, name = platform.client("iam"), f"u-{uuid.uuid4().hex[:10]}"
    iam.create_user(UserName=name)
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        yield Caller(
            platform,
            {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]},
        )
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        if statements:
            iam.delete_user_policy(UserName=name, PolicyName="given")
        iam.delete_user(UserName=name)


@contextmanager
def role(
    platform: DeployedPlatform, *statements: Mapping[str, Any], service: str | None = None
) -> Iterator[str]:
    """The ARN of a role that a service, or the account, may assume."""
    iam, name = platform.client("iam"), f"r-{uuid.uuid4().hex[:10]}"
    principal = {"Service": service} if service else ACCOUNT_ITSELF
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=document)
    try:
        yield made["Arn"]
    finally:
        remove_role(platform, name)


def remove_role(platform: DeployedPlatform, name: str) -> None:
    """Delete a role with its own policies."""
    iam = platform.client("iam")
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def acting_as(platform: DeployedPlatform, role_arn: str) -> Caller:
    """A session of a role, as the service that it trusts gets one.

    The role trusts the account for the moment that this takes: its permissions are its own.
    """
    iam, name = platform.client("iam"), role_arn.rpartition("/")[2]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    opened = {"Effect": "Allow", "Principal": ACCOUNT_ITSELF, "Action": "sts:AssumeRole"}
    document = {**trust, "Statement": [*trust["Statement"], opened]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))
    try:
        issued = platform.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="session")
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    return Caller(
        platform,
        {
            "aws_access_key_id": issued["Credentials"]["AccessKeyId"],
            "aws_secret_access_key": issued["Credentials"]["SecretAccessKey"],
            "aws_session_token": issued["Credentials"]["SessionToken"],
        },
    )


def acting_as_user(platform: DeployedPlatform, name: str) -> Caller:
    """One of Studio's users, as the role of their profile."""
    profile = platform.client("sagemaker").describe_user_profile(
        DomainId=platform.outputs["DomainId"], UserProfileName=name
    )
    return acting_as(platform, profile["UserSettings"]["ExecutionRole"])


@dataclass(frozen=True)
class RolesOfARun:
    """ARNs of the roles that a run of the workload used, and of the function that asks its endpoint."""

    function: str
    preparation: str
    training: str
    machine: str


@dataclass(frozen=True)
class People:
    """The personas of Studio, each acting as their role."""

    data_scientist: Caller
    lead: Caller


def raw_data(platform: DeployedPlatform) -> dict[str, str]:
    """A raw file that the workload's jobs read."""
    bucket = platform.outputs["DataBucketName"]
    listed = platform.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"raw/{WORKLOAD}/")
    return {"Bucket": bucket, "Key": listed["Contents"][0]["Key"]}


def objects_of_all_buckets(platform: DeployedPlatform) -> Iterator[dict[str, str]]:
    """A new object in every bucket of the account, one at a time."""
    s3 = platform.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        found = {"Bucket": bucket["Name"], "Key": f"attacked/{uuid.uuid4().hex}"}
        s3.put_object(**found, Body=b"secret")
        yield found
        s3.delete_object(**found)
