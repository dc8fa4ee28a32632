"""States that scale an endpoint's instances by target tracking, and that take the scaling off again.

SageMaker refuses an update that changes the instance type of a variant that scales, and AWS's advice is to
take the scaling off before an update: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from typing import Any

from settings.serving import AutoScaling
from stacks.constructs.states import API_CALL_SECONDS, State, task

VARIANT = "AllTraffic"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
NAMESPACE = "sagemaker"
LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
LINKED_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"

_ERRORS = [
    "ApplicationAutoScaling.ApplicationAutoScalingException",
    "ApplicationAutoScaling.ConcurrentUpdateException",
    "ApplicationAutoScaling.InternalServiceException",
    "ApplicationAutoScaling.SdkClientException",
]
_TARGET = {
    "ServiceNamespace": NAMESPACE,
    "ResourceId": "endpoint/${EndpointName}/variant/" + VARIANT,
    "ScalableDimension": DIMENSION,
}


def stop_scaling(catching: list[State], following: str) -> State:
    """Take the scaling off, with its policy; where there is none, all is well."""
    missing = {"ErrorEquals": ["ApplicationAutoScaling.ObjectNotFoundException"], "Next": following}
    return _call("deregisterScalableTarget", _TARGET, [missing, *catching], following)


def register_scaling(scaling: AutoScaling, catching: list[State], following: str) -> State:
    """Have the variant scale within its limits."""
    limits = {"MinCapacity": scaling.min_instances, "MaxCapacity": scaling.max_instances}
    return _call("registerScalableTarget", {**_TARGET, **limits}, catching, following)


def track_invocations(scaling: AutoScaling, catching: list[State], following: str) -> State:
    """Scale by the requests a minute that an instance answers."""
    policy = {
        "PolicyName": "${EndpointName}-invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": scaling.invocations_per_instance,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "ScaleInCooldown": scaling.scale_in_seconds,
            "ScaleOutCooldown": scaling.scale_out_seconds,
        },
    }
    return _call("putScalingPolicy", {**_TARGET, **policy}, catching, following)


def _call(action: str, arguments: dict[str, Any], catching: list[State], following: str) -> State:
    return task(
        f"aws-sdk:applicationautoscaling:{action}",
        arguments,
        timeout_seconds=API_CALL_SECONDS,
        errors=_ERRORS,
        catching=catching,
        following=following,
    )
