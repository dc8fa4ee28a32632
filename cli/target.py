"""Which AWS a command speaks to: the local AWS or AWS itself.

The rule, first match wins:

1. `--target local|aws`, or the environment variable MANAGE_TARGET;
2. AWS_ENDPOINT_URL is set: the AWS that answers there;
3. AWS_PROFILE or AWS_ACCESS_KEY_ID is set: AWS;
4. this folder holds a local AWS (`make local` has been run, `make local-clean` has not): the local AWS;
5. AWS.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from cli.errors import OperatorError
from cli.project import LOCAL

LOCAL_REGION: Final = "us-east-1"
LOCAL_CREDENTIALS: Final = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
_DEFAULT_PORT: Final = 4566
# A boto3 session may not be used from several threads at once; its clients may.
_MAKING_A_CLIENT: Final = Lock()


class TargetName(StrEnum):
    """The values of `--target`."""

    LOCAL = "local"
    AWS = "aws"


@dataclass(frozen=True)
class Target:
    """An AWS to speak to; `region` None is the region of the AWS profile."""

    name: TargetName
    endpoint_url: str | None = None
    region: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether this is the local AWS, where jobs take seconds and nothing costs money."""
        return self.name is TargetName.LOCAL

    @property
    def poll_seconds(self) -> float:
        """How often to look at something that is under way."""
        return 0.5 if self.is_local else 5.0

    def __str__(self) -> str:
        if self.is_local:
            return f"local AWS at {self.endpoint_url}"
        profile = os.environ.get("AWS_PROFILE")
        region = _session(self).region_name or "not chosen"
        return f"AWS, region {region}" + (f", profile {profile}" if profile else "")

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        return _client(self, service)


@cache
def _session(target: Target) -> boto3.session.Session:
    try:
        if target.is_local and not os.environ.get("AWS_ACCESS_KEY_ID"):
            return boto3.session.Session(region_name=target.region, **LOCAL_CREDENTIALS)
        return boto3.session.Session(region_name=target.region)
    except ProfileNotFound as error:
        raise OperatorError(
            f"{error}: AWS_PROFILE must name a profile of ~/.aws/config (`aws configure list-profiles`)."
        ) from error


@cache
def _client(target: Target, service: str) -> Any:
    options: dict[str, Any] = {"connect_timeout": 5, "retries": {"mode": "standard", "total_max_attempts": 5}}
    if target.is_local:
        # A proxy can't reach this machine's own address, and a local AWS that is down stays down.
        options |= {"proxies": {}, "retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}}
    else:
        options["ignore_configured_endpoint_urls"] = True
    with _MAKING_A_CLIENT:
        return _session(target).client(service, endpoint_url=target.endpoint_url, config=Config(**options))


def local_target(environ: Mapping[str, str] = os.environ, folder: Path = LOCAL) -> Target:
    """The local AWS of this folder, on the port it was started on."""
    return Target(TargetName.LOCAL, f"http://127.0.0.1:{local_port(environ, folder)}", LOCAL_REGION)


def local_port(environ: Mapping[str, str] = os.environ, folder: Path = LOCAL) -> int:
    """LOCAL_AWS_PORT if set, else the port of the last start in this folder, else 4566."""
    chosen = environ.get("LOCAL_AWS_PORT")
    if chosen is None:
        record = folder / "local_aws.json"
        return int(json.loads(record.read_text())["port"]) if record.exists() else _DEFAULT_PORT
    if not chosen.isdecimal() or not 0 < int(chosen) < 65536:
        raise OperatorError(f"LOCAL_AWS_PORT is {chosen!r}; a port is a number from 1 to 65535.")
    return int(chosen)


def choose(
    requested: TargetName | None,
    region: str | None,
    environ: Mapping[str, str] = os.environ,
    folder: Path = LOCAL,
) -> Target:
    """Apply the rule above; `region` is the one the environment's settings name, if they do."""
    endpoint_url = environ.get("AWS_ENDPOINT_URL")
    # The CDK knows both variables, boto3 only the second.
    region = region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if requested is not TargetName.AWS and endpoint_url:
        return Target(TargetName.LOCAL, endpoint_url, region or LOCAL_REGION)
    if requested is TargetName.LOCAL:
        return local_target(environ, folder)
    if requested is TargetName.AWS or environ.get("AWS_PROFILE") or environ.get("AWS_ACCESS_KEY_ID"):
        return Target(TargetName.AWS, None, region)
    if (folder / "aws").exists():
        return local_target(environ, folder)
    return Target(TargetName.AWS, None, region)
