"""Application Auto Scaling of endpoint variants: targets, limits, policies, and the end of an endpoint."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, REGION, MakeRole, statement
from tests.local.sagemaker.workbench import Workbench

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
TRACKING = {
    "TargetValue": 100.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    "ScaleInCooldown": 300,
    "ScaleOutCooldown": 60,
}


def identity(endpoint: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic",
        "ScalableDimension": DIMENSION,
    }


@pytest.fixture
def serving(workbench: Workbench, model: str, name: str) -> Iterator[str]:
    """An endpoint on one instance."""
    hosting = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    workbench.serve(name, workbench.make_config(name, model, **hosting))
    yield name
    if workbench.sagemaker.list_endpoints(NameContains=name)["Endpoints"]:
        workbench.settled(name)
        workbench.sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture(scope="module")
def scaling(workbench: Workbench) -> Any:
    return workbench.aws.client("application-autoscaling")


def test_a_target_holds_its_limits_and_shows_its_policy(
    workbench: Workbench, scaling: Any, serving: str
) -> None:
    # When
    scaling.register_scalable_target(**identity(serving), MinCapacity=2, MaxCapacity=4)
    scaling.put_scaling_policy(
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
        **identity(serving),
    )

    # Then the endpoint has at least so many instances
    assert workbench.settled(serving)["ProductionVariants"][0]["DesiredInstanceCount"] == 2
    ids = [identity(serving)["ResourceId"]]
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=ids)[
        "ScalableTargets"
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=ids[0])[
        "ScalingPolicies"
    ]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == TRACKING

    # When the target goes, its policy does too
    scaling.deregister_scalable_target(**identity(serving))
    left = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=ids[0])
    assert left["ScalingPolicies"] == []
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.deregister_scalable_target(**identity(serving))


def test_what_a_target_cannot_be(scaling: Any, endpoint: str, serving: str) -> None:
    with pytest.raises(ClientError, match="MinCapacity must be at least 1"):
        scaling.register_scalable_target(**identity(serving), MinCapacity=3, MaxCapacity=2)
    with pytest.raises(ClientError, match="no variant on instances"):
        scaling.register_scalable_target(**identity(endpoint), MinCapacity=1, MaxCapacity=2)
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.put_scaling_policy(
            PolicyName="track",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=TRACKING,
            **identity(serving),
        )


def test_an_endpoint_keeps_its_instance_type_while_it_scales_and_takes_its_target_along(
    workbench: Workbench, scaling: Any, serving: str, model: str, make_role: MakeRole
) -> None:
    # Given a target, and a configuration with another instance type
    scaling.register_scalable_target(**identity(serving), MinCapacity=1, MaxCapacity=2)
    hosting = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}
    workbench.make_config(f"{serving}-2", model, **hosting)

    # Then the endpoint can't be updated to it
    with pytest.raises(ClientError, match="Deregister it first"):
        workbench.sagemaker.update_endpoint(EndpointName=serving, EndpointConfigName=f"{serving}-2")

    # And who may not deregister can't delete it
    role = make_role(None, statement("sagemaker:*"))
    with pytest.raises(ClientError, match="application-autoscaling:DeregisterScalableTarget"):
        workbench.aws.as_role("sagemaker", role).delete_endpoint(EndpointName=serving)

    # And when it is deleted, the target is gone
    workbench.sagemaker.delete_endpoint(EndpointName=serving)
    ids = [identity(serving)["ResourceId"]]
    found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=ids)
    assert found["ScalableTargets"] == []


def test_conditions_narrow_who_may_register(workbench: Workbench, serving: str, make_role: MakeRole) -> None:
    # Given one who may register what this service has, and one who may register another's
    def role(namespace: str) -> str:
        narrow = {"StringEquals": {"application-autoscaling:service-namespace": namespace}}
        return make_role(
            None,
            statement("application-autoscaling:RegisterScalableTarget", Condition=narrow),
            statement(
                ["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
                f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{serving}",
            ),
            statement("iam:CreateServiceLinkedRole"),
        )

    def register(namespace: str) -> None:
        client = workbench.aws.as_role("application-autoscaling", role(namespace))
        client.register_scalable_target(**identity(serving), MinCapacity=1, MaxCapacity=2)

    # Then
    register("sagemaker")
    with pytest.raises(ClientError, match="AccessDenied"):
        register("ecs")
