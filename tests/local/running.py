"""The tests' own local AWS: its process, clients for it, and what they say to it."""

from __future__ import annotations

import functools
import io
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venvs" / "local_aws" / "bin" / "python"
IMAGES = ROOT / ".venvs" / "images"
ACCOUNT = "000000000000"
REGION = "us-east-1"
# How long to wait for what comes in seconds: a machine with much else to do is slow.
READY_SECONDS = 180
EXECUTION_SECONDS = 180
STOP_SECONDS = 150
# How long a minute of alarms lasts in the tests.
ALARM_MINUTE_SECONDS = 1.5


@functools.cache
def _loader() -> botocore.loaders.Loader:
    """Reads each service's model once for all clients; EC2's and SageMaker's are large."""
    return botocore.loaders.create_loader()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class LocalAws:
    """One local AWS: its process, its address, and clients for it."""

    state: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str, **environment: str) -> None:
        arguments = ["--port", str(self.port), "--state", str(self.state), "--images", str(IMAGES), *options]
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(PYTHON), "-m", "local_aws", *arguments],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/health", timeout=2):  # noqa: S310
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the local AWS did not start:\n" + (self.state / "log").read_text()[-4000:])

    def stop(self) -> int:
        """End it gracefully and return its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def session(self, **credentials: str) -> boto3.Session:
        chosen = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        core = botocore.session.Session()
        core.register_component("data_loader", _loader())
        return boto3.Session(botocore_session=core, region_name=REGION, **chosen)

    def client(self, service: str, **credentials: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=120)
        return self.session(**credentials).client(service, endpoint_url=self.endpoint_url, config=config)

    def as_role(self, service: str, role_arn: str) -> Any:
        """A client that acts as a role whose trust policy lets the account assume it."""
        sts = self.client("sts")
        issued = sts.assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        return self.client(
            service,
            aws_access_key_id=issued["AccessKeyId"],
            aws_secret_access_key=issued["SecretAccessKey"],
            aws_session_token=issued["SessionToken"],
        )

    def accesses(self) -> list[dict[str, Any]]:
        """What access.jsonl holds."""
        return [json.loads(line) for line in (self.state / "access.jsonl").read_text().splitlines()]

    def log_messages(self, group: str) -> list[str]:
        logs = self.client("logs")
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])[
                "events"
            ]
        ]


def processes(aws: LocalAws, text: str) -> set[int]:
    """The processes of a local AWS that do the work: without children, with this text in their command."""
    assert aws.process is not None
    listed = subprocess.run(
        ["ps", "-eww", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split(maxsplit=2) for line in listed.splitlines()]
    parents = {int(pid): int(parent) for pid, parent, _ in lines}
    commands = {int(pid): command for pid, _, command in lines}

    def is_own(pid: int) -> bool:
        while pid in parents and pid != aws.process.pid:  # type: ignore[union-attr]
            pid = parents[pid]
        return pid in parents

    leaves = parents.keys() - parents.values()
    return {pid for pid in leaves if text in commands[pid] and is_own(pid)}


MakeRole = Callable[..., str]
MakeFunction = Callable[..., str]
Deploy = Callable[..., dict[str, str]]
Execute = Callable[..., dict[str, Any]]


def statement(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def zip_of(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file_name, text in files.items():
            archive.writestr(f"{file_name}.py", text)
    return content.getvalue()


class StackFailed(Exception):  # noqa: N818 - what failed is the stack
    """A stack operation failed; the text holds every reason."""


def delete_stack(client: Any, stack: str) -> str:
    """Delete a stack and give its last status."""
    stack_id = client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    client.delete_stack(StackName=stack)
    return str(settled(client, stack_id)["StackStatus"])


def until(find: Callable[[], Any], otherwise: str, seconds: float = EXECUTION_SECONDS) -> Any:
    """What `find` gives, once it gives something; fails with `otherwise`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := find():
            return found
        time.sleep(0.1)
    raise AssertionError(otherwise)


def settled(client: Any, stack: str) -> dict[str, Any]:
    deadline = time.monotonic() + EXECUTION_SECONDS
    while time.monotonic() < deadline:
        described: dict[str, Any] = client.describe_stacks(StackName=stack)["Stacks"][0]
        if not described["StackStatus"].endswith("IN_PROGRESS"):
            return described
        time.sleep(0.05)
    raise AssertionError(f"stack {stack} is still {described['StackStatus']}")


def failure_reasons(client: Any, stack: str) -> str:
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    return "; ".join(
        event.get("ResourceStatusReason", "") for event in events if "FAILED" in event["ResourceStatus"]
    )
