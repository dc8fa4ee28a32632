"""An update's change from the old fleet to the new one: all at once, by a canary or in steps, and back again
if an alarm goes off.

Waits take a twentieth of what the request says, as those of state machines do.
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.services import cloudwatch

from local_aws.cloudwatch import transitions
from local_aws.environment import WAIT_SCALE
from local_aws.sagemaker.hosting.deployments import Deployment

HOOKS = ("ministack.services.cloudwatch:_alarms", "ministack.services.cloudwatch:_composite_alarms")

AT_ONCE = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
"""AWS's policy where a request names none."""

_LOOK_SECONDS = 0.1


class RolledBackError(Exception):
    """The old fleet serves again; the text says why, as an endpoint's FailureReason does."""


@dataclass
class Rollout:
    """An update under way: the new deployment, and the share of the requests that it takes by now."""

    green: Deployment
    policy: dict[str, Any]
    alarms: list[str]
    share: float = 0.0
    status: str = "Creating"
    since: float = field(default_factory=time.time)

    def chooses_green(self) -> bool:
        """Whether the next request goes to the new deployment."""
        return random.random() < self.share  # noqa: S311 - traffic, not secrets

    def run(self) -> None:
        """Shift all traffic, step by step, and look at the alarms after each.

        Raises:
            RolledBackError: an alarm is in ALARM, or time is up.
        """
        routing = self.policy["TrafficRoutingConfiguration"]
        deadline = time.monotonic() + self.policy.get("MaximumExecutionTimeoutInSeconds", float("inf"))
        try:
            for share in steps(routing, self._instances()):
                self._change("ActivatingTraffic", share)
                self._bake(routing["WaitIntervalInSeconds"], deadline)
            self._bake(self.policy.get("TerminationWaitInSeconds", 0), deadline)
        except RolledBackError:
            self._change("Deleting", 0.0)
            raise

    def _instances(self) -> int:
        return min(variant["InstanceCount"] or 1 for variant in self.green.plan["Variants"])

    def _change(self, status: str, share: float) -> None:
        self.status, self.share, self.since = status, share, time.time()

    def _bake(self, seconds: float, deadline: float) -> None:
        """Watch for as long as the fleets are to be compared, and once at least."""
        self.status, began = "Baking", time.time()
        end = time.monotonic() + seconds * float(WAIT_SCALE)
        while True:
            ringing = [name for name in self.alarms if _went_off(name, began)]
            if ringing:
                raise RolledBackError(
                    f"The deployment was rolled back because alarms are in ALARM: {', '.join(ringing)}."
                )
            now = time.monotonic()
            if now > deadline:
                raise RolledBackError(
                    "The deployment was rolled back because it exceeded MaximumExecutionTimeoutInSeconds."
                )
            if now >= end:
                return
            time.sleep(min(_LOOK_SECONDS, end - now))


def steps(routing: dict[str, Any], instances: int) -> Iterator[float]:
    """The shares of the traffic that the new fleet has after each step; the last one is all of it."""
    size = routing.get("CanarySize") or routing.get("LinearStepSize")
    if size is None:
        yield 1.0
        return
    part = share_of(size, instances)
    if routing["Type"] == "CANARY":
        yield from (part, 1.0)
        return
    count = 1
    while count * part < 1.0:
        yield count * part
        count += 1
    yield 1.0


def share_of(size: dict[str, Any], instances: int) -> float:
    """A CapacitySize as a share of a fleet of so many instances."""
    whole = instances if size["Type"] == "INSTANCE_COUNT" else 100
    return float(size["Value"]) / whole


def find_alarm(name: str) -> dict[str, Any] | None:
    """The metric or composite alarm of a name; None if there is none."""
    alarm: dict[str, Any] | None = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
    return alarm


def _went_off(name: str, began: float) -> bool:
    """Whether an alarm is in ALARM, or was since the watch began: it may be quiet again between two looks."""
    alarm = find_alarm(name)
    return alarm is not None and (alarm["StateValue"] == "ALARM" or transitions.went_off_since(alarm, began))
