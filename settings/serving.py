"""How a workload's model is served: on instances or without, how a new model takes over, how it grows."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.errors import not_allowed
from settings.instances import HostingInstances
from settings.schema import Finding, Section, rejected

FEWEST_INSTANCES_TO_SHIFT = 2
SMALLEST_LINEAR_STEP = 10


class Serverless(Section):
    """An endpoint that runs only while it is asked."""

    type: Literal["serverless"]
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = Field(
        description="serverless memory is 1024, 2048, 3072, 4096, 5120 or 6144 MB"
    )
    max_concurrency: int = Field(
        ge=1, le=200, description="a serverless endpoint answers 1 to 200 requests at once"
    )
    provisioned_concurrency: int | None = Field(
        default=None,
        ge=1,
        le=200,
        description="requests at once that are answered without a cold start, 1 to max_concurrency, or null",
    )

    @field_validator("provisioned_concurrency")
    @classmethod
    def _part_of_the_concurrency(cls, provisioned: int | None, info: ValidationInfo) -> int | None:
        most = info.data.get("max_concurrency")
        if provisioned is not None and most is not None and provisioned > most:
            allowed = f"provisioned_concurrency is at most max_concurrency, {most}"
            raise rejected(Finding(("provisioned_concurrency",), not_allowed(provisioned, allowed)))
        return provisioned


class RollbackAlarms(Section):
    """What sends an update back: a minute of the endpoint that is worse than this."""

    server_error_percent: float = Field(
        default=5, gt=0, lt=100, description="the share of 5xx answers that goes too far, above 0, below 100"
    )
    latency_ms: float = Field(
        default=2000, gt=0, le=60_000, description="the model's mean latency that goes too far, to 60000 ms"
    )


class Update(Section):
    """How a new model takes over the traffic.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
    """

    traffic: Literal["all_at_once", "canary", "linear"] = Field(
        default="all_at_once", description="the traffic shifts all_at_once, by a canary, or linear, in steps"
    )
    step_percent: int | None = Field(
        default=None,
        ge=1,
        le=50,
        validate_default=True,
        description="the canary's share or each linear step's, 1 to 50 percent, or null for all_at_once",
    )
    wait_seconds: int = Field(
        default=300, ge=0, le=3600, description="the alarms are watched for 0 to 3600 seconds after each step"
    )
    termination_wait_seconds: int = Field(
        default=0, ge=0, le=3600, description="the old instances stay for 0 to 3600 seconds more"
    )
    timeout_seconds: int = Field(
        default=3600,
        ge=600,
        le=28800,
        validate_default=True,
        description="an update takes 600 to 28800 seconds, and more than all its waits",
    )
    alarms: RollbackAlarms | None = Field(
        default=RollbackAlarms(),
        description="a mapping with server_error_percent and latency_ms, or null to never go back by alarm",
    )

    @field_validator("step_percent")
    @classmethod
    def _step_of_the_traffic(cls, step: int | None, info: ValidationInfo) -> int | None:
        traffic = info.data.get("traffic", "all_at_once")
        problem = None
        if traffic == "all_at_once" and step is not None:
            problem = not_allowed(step, "traffic that shifts all_at_once has no steps")
        if traffic != "all_at_once" and step is None:
            problem = f"missing; {cls.model_fields['step_percent'].description}"
        if traffic == "linear" and step is not None and step < SMALLEST_LINEAR_STEP:
            problem = not_allowed(step, f"a linear step is {SMALLEST_LINEAR_STEP} to 50 percent")
        if problem:
            raise rejected(Finding(("step_percent",), problem))
        return step

    @field_validator("timeout_seconds")
    @classmethod
    def _longer_than_the_waits(cls, timeout: int, info: ValidationInfo) -> int:
        if {"traffic", "step_percent", "wait_seconds", "termination_wait_seconds"} <= info.data.keys():
            steps = _steps(info.data["traffic"], info.data["step_percent"])
            waits = steps * info.data["wait_seconds"] + info.data["termination_wait_seconds"]
            if timeout <= waits:
                allowed = f"timeout_seconds is more than all waits together, {waits}"
                raise rejected(Finding(("timeout_seconds",), not_allowed(timeout, allowed)))
        return timeout


def _steps(traffic: str, step_percent: int | None) -> int:
    """How often an update waits."""
    if traffic == "all_at_once" or step_percent is None:
        return 1
    return 2 if traffic == "canary" else -(-100 // step_percent)


class AutoScaling(Section):
    """Instances by target tracking of the requests that each one answers.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
    """

    min_instances: int = Field(ge=1, description="there are at least so many instances, 1 or more")
    max_instances: int = Field(ge=1, description="there are at most so many, at least min_instances")
    invocations_per_instance: float = Field(
        gt=0, description="requests a minute that an instance is to answer, a number above 0"
    )
    scale_in_seconds: int = Field(
        default=300, ge=0, description="seconds after a change before instances go, 0 or more"
    )
    scale_out_seconds: int = Field(
        default=60, ge=0, description="seconds after a change before more instances come, 0 or more"
    )

    @field_validator("max_instances")
    @classmethod
    def _at_least_the_minimum(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("min_instances")
        if least is not None and most < least:
            allowed = f"max_instances is at least min_instances, {least}"
            raise rejected(Finding(("max_instances",), not_allowed(most, allowed)))
        return most


class RealTime(HostingInstances):
    """An endpoint on instances that always run, until it is switched off."""

    type: Literal["real_time"]
    auto_scaling: AutoScaling | None = Field(
        default=None,
        description="a mapping with min_instances, max_instances and invocations_per_instance, or null",
    )
    update: Update = Field(
        default=Update(),
        description="a mapping with traffic, step_percent, wait_seconds and alarms, each of them optional",
    )

    @field_validator("auto_scaling")
    @classmethod
    def _scales_from_the_count(cls, scaling: AutoScaling | None, info: ValidationInfo) -> AutoScaling | None:
        """https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-sagemaker.html."""
        count, instance_type = info.data.get("instance_count"), info.data.get("instance_type", "")
        problems = []
        if scaling and instance_type.startswith("ml.t2."):
            problems.append(
                not_allowed(instance_type, "instances that burst (ml.t2) don't scale: use ml.m5 or ml.c5")
            )
        if scaling and count and not scaling.min_instances <= count <= scaling.max_instances:
            allowed = f"instance_count, {count}, is between min_instances and max_instances"
            limits = f"{scaling.min_instances} to {scaling.max_instances}"
            problems.append(not_allowed(limits, allowed))
        if problems:
            raise rejected(*(Finding(("auto_scaling",), problem) for problem in problems))
        return scaling

    @field_validator("update")
    @classmethod
    def _fleet_that_can_be_shifted_in_parts(cls, update: Update, info: ValidationInfo) -> Update:
        """A canary or step is at most half of the fleet, so there must be two halves."""
        if update.traffic == "all_at_once":
            return update
        scaling: AutoScaling | None = info.data.get("auto_scaling")
        fewest = scaling.min_instances if scaling else info.data.get("instance_count", 0)
        problem = None
        if fewest < FEWEST_INSTANCES_TO_SHIFT:
            problem = (
                f"a canary or a step is at most half of the instances, and there may be {fewest}: have at "
                f"least {FEWEST_INSTANCES_TO_SHIFT}, or shift all_at_once"
            )
        if info.data.get("instance_type", "").startswith("ml.inf1."):
            problem = "SageMaker shifts ml.inf1 instances all_at_once only"
        if problem:
            raise rejected(Finding(("update", "traffic"), not_allowed(update.traffic, problem)))
        return update


Serving = Annotated[Serverless | RealTime, Field(discriminator="type")]
