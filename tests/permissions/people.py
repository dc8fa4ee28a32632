"""Who works on the platform: the roles of Studio's people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from cli.platform import Platform
from tests.local.running import ACCOUNT, ROOT


class FailedError(AssertionError):
    """A command that should have succeeded didn't, or the other way round."""


@dataclass(frozen=True)
class Person:
    """Somebody with credentials, at the command line and in a notebook."""

    platform: Platform
    name: str
    credentials: Mapping[str, str]

    def manage(self, *arguments: str, fails: bool = False) -> str:
        """Run the command line; it must succeed, or must fail. Gives what it says."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MANAGE_"))}
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**own, **self.credentials, "AWS_ENDPOINT_URL": str(self.platform.target.endpoint_url)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if (done.returncode != 0) is not fails:
            raise FailedError(f"{self.name}: manage.py {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def client(self, service: str) -> Any:
        """A boto3 client, as a notebook makes it."""
        session = boto3.Session(
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.credentials.get("AWS_SESSION_TOKEN"),
            region_name=self.platform.target.region,
        )
        return session.client(service, endpoint_url=self.platform.target.endpoint_url)


def in_studio(platform: Platform, profile: Mapping[str, Any], role_arn: str) -> Person:
    """Whoever opens Studio with this profile.

    There, SageMaker hands out the role's credentials. Nothing of Studio's apps runs here, so the account is
    let into the role for as long as it takes to get them.
    """
    iam, name = platform.client("iam"), role_arn.rpartition("/")[2]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    account = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    opened = {**trust, "Statement": [*trust["Statement"], account]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(opened))
    session = f"{profile['UserProfileName']}-studio"
    try:
        issued = platform.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session)["Credentials"]
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    return Person(
        platform,
        profile["UserProfileName"],
        {
            "AWS_ACCESS_KEY_ID": issued["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": issued["SecretAccessKey"],
            "AWS_SESSION_TOKEN": issued["SessionToken"],
        },
    )
