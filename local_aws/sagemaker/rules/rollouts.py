"""Rules for how an update changes over to the new fleet.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

from typing import Any

from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.hosting.rollouts import find_alarm, share_of, steps

Plan = dict[str, Any]

_SIZES = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
_SMALLEST_LINEAR_STEP = 0.1
_LARGEST_STEP = 0.5


def check_deployment_config(config: dict[str, Any], plan: Plan, serving: Plan) -> None:
    """Every rule for UpdateEndpoint's DeploymentConfig; the plans are of the new and the old fleet.

    That SageMaker refuses it for serverless endpoints is documented, the text of the error is not.
    """
    one_policy_is_given(config)
    if any(variant["ServerlessConfig"] for variant in plan["Variants"]):
        raise validation_error(
            "DeploymentConfig is not supported for serverless endpoints; deployment guardrails only apply to "
            "asynchronous and real-time inference endpoints."
        )
    variant_names_stay(plan, serving)
    for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", []):
        if find_alarm(alarm["AlarmName"]) is None:
            raise validation_error(f"Alarm {alarm['AlarmName']} does not exist.")
    policy = config.get("BlueGreenUpdatePolicy")
    if policy is not None:
        counts = [variant["InstanceCount"] for variant in plan["Variants"]]
        for count in counts:
            routing_has_its_size(policy["TrafficRoutingConfiguration"], count)
        time_suffices(policy, min(counts))


def one_policy_is_given(config: dict[str, Any]) -> None:
    """There is at most one update policy; rolling updates aren't here."""
    if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
        raise validation_error("Only one update policy should be used in the deployment configuration.")
    if "RollingUpdatePolicy" in config:
        raise validation_error("RollingUpdatePolicy is not supported here; use BlueGreenUpdatePolicy.")


def variant_names_stay(plan: Plan, serving: Plan) -> None:
    """Old and new fleet have the same variants."""
    new, old = ({variant["VariantName"] for variant in part["Variants"]} for part in (plan, serving))
    if new != old:
        raise validation_error(
            f"The variants of both endpoint configurations must have the same names: {sorted(old)} and "
            f"{sorted(new)}."
        )


def routing_has_its_size(routing: dict[str, Any], instances: int) -> None:
    """A canary is at most half of the fleet, a linear step a tenth to a half."""
    kind, wanted = routing["Type"], _SIZES.get(routing["Type"])
    for member in _SIZES.values():
        if (member in routing) != (member == wanted):
            problem = "is required for" if member == wanted else "can't be specified with"
            raise validation_error(f"{member} {problem} traffic routing of type {kind}.")
    if wanted is None:
        return
    share = share_of(routing[wanted], instances)
    least = _SMALLEST_LINEAR_STEP if kind == "LINEAR" else 0.0
    if not least <= share <= _LARGEST_STEP:
        allowed = "10-50%" if kind == "LINEAR" else "less than or equal to 50%"
        raise validation_error(f"{wanted} must be {allowed} of the variant's total instance count.")


def time_suffices(policy: dict[str, Any], instances: int) -> None:
    """The execution timeout is longer than all the waits together."""
    routing = policy["TrafficRoutingConfiguration"]
    waits = routing["WaitIntervalInSeconds"] * len(list(steps(routing, instances)))
    waits += policy.get("TerminationWaitInSeconds", 0)
    if policy.get("MaximumExecutionTimeoutInSeconds", waits + 1) <= waits:
        raise validation_error(
            f"MaximumExecutionTimeoutInSeconds must be larger than the total waiting time, {waits} seconds."
        )
