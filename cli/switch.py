"""`endpoint off` and `endpoint on`: an endpoint costs nothing while it is off, then serves what it served.

The deployment state machine does it, in its turn.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from cli import registry
from cli.executions import Follower
from cli.platform import Platform
from settings.workload import Workload

Position = Literal["off", "on"]

SWITCHED_OFF: Final = "SwitchedOff"
"""The outcome of a deployment that leaves the endpoint off."""


@dataclass(frozen=True)
class Switched:
    """How an endpoint stands after it was switched; `newer` is a version approved while it was off."""

    workload: Workload
    endpoint: str
    outcome: str
    version: int | None
    newer: int | None
    platform: Platform

    def document(self) -> dict[str, object]:
        """As a JSON document."""
        return {
            "workload": self.workload.name,
            "endpoint": self.endpoint,
            "outcome": self.outcome,
            "version": self.version,
            "newer_approved_version": self.newer,
        }

    def __str__(self) -> str:
        if self.outcome == SWITCHED_OFF:
            command = self.platform.command(f"endpoint on {self.workload.name}")
            return (
                f"{self.endpoint} is off and costs nothing. `{command}` brings version {self.version} back."
            )
        text = f"{self.endpoint} is on and serves version {self.version}."
        if self.newer is not None:
            command = self.platform.command(f"approve {self.workload.name}:{self.newer}")
            text += f" Version {self.newer} was approved meanwhile: `{command}` deploys it."
        return text


def kept(platform: Platform, workload: Workload) -> str | None:
    """ARN of the model package that the endpoint serves again once it is on; None if it isn't off."""
    name = platform.switch_parameter(workload)
    found = platform.client("ssm").get_parameters(Names=[name])["Parameters"]
    return str(json.loads(found[0]["Value"])["package"]) if found else None


def switch(platform: Platform, workload: Workload, position: Position, follower: Follower) -> Switched:
    """Switch the endpoint, and wait until that is done.

    Raises:
        OperatorError: it failed; the text says why and where to look.
    """
    started = platform.client("stepfunctions").start_execution(
        stateMachineArn=platform.deployment_state_machine(workload), input=json.dumps({"switch": position})
    )
    what = f"Switching {position} the endpoint of {workload.name}"
    ended = follower.follow_to_success(started["executionArn"], f"{workload.name} endpoint {position}", what)
    return _switched(platform, workload, ended.output)


def _switched(platform: Platform, workload: Workload, output: Mapping[str, Any]) -> Switched:
    endpoint, outcome = platform.endpoint(workload), str(output["outcome"])
    is_off = outcome == SWITCHED_OFF
    package = kept(platform, workload) if is_off else _served(platform, endpoint)
    version = int(package.rpartition("/")[2]) if package else None
    newest = None if is_off else registry.newest_approved_version(platform, workload)
    newer = newest if version and newest and newest > version else None
    return Switched(workload, endpoint, outcome, version, newer, platform)


def _served(platform: Platform, endpoint: str) -> str | None:
    client = platform.client("sagemaker")
    arn = client.describe_endpoint(EndpointName=endpoint)["EndpointArn"]
    tags = {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}
    return tags.get("model-package-arn")
