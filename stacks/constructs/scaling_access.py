"""What it takes to have an endpoint's variant scale, and to take the scaling off.

Application Auto Scaling makes and deletes its alarms, and changes the endpoint, as the caller:
https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
"""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.scaling_states import DIMENSION, LINKED_ROLE, LINKED_SERVICE, NAMESPACE, VARIANT


def allow_stopping(principal: iam.Role | iam.Policy, endpoint_name: str) -> None:
    """Deregister the endpoint's variant, which SageMaker does as the caller when it deletes the endpoint.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html
    """
    _allow_on_targets(
        principal,
        ["application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget"],
    )
    _allow_on_alarms(principal, endpoint_name, ["cloudwatch:DeleteAlarms"])


def allow_scaling(principal: iam.Role, endpoint_name: str) -> None:
    """Register the endpoint's variant, and put its policy."""
    stack = Stack.of(principal)
    _allow_on_targets(
        principal,
        ["application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget"],
    )
    _allow_on_alarms(principal, endpoint_name, ["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"])
    _add(
        principal,
        ["sagemaker:UpdateEndpointWeightsAndCapacities"],
        sagemaker_arn(principal, "endpoint", endpoint_name),
    )
    linked = stack.format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name=f"aws-service-role/{LINKED_SERVICE}/{LINKED_ROLE}",
    )
    _add(
        principal,
        ["iam:CreateServiceLinkedRole"],
        linked,
        {"StringEquals": {"iam:AWSServiceName": LINKED_SERVICE}},
    )


def _allow_on_targets(principal: iam.Role | iam.Policy, actions: list[str]) -> None:
    targets = Stack.of(principal).format_arn(
        service="application-autoscaling", resource="scalable-target", resource_name="*"
    )
    narrow = {
        "application-autoscaling:service-namespace": NAMESPACE,
        "application-autoscaling:scalable-dimension": DIMENSION,
    }
    _add(principal, actions, targets, {"StringEquals": narrow})


def _allow_on_alarms(principal: iam.Role | iam.Policy, endpoint_name: str, actions: list[str]) -> None:
    alarms = Stack.of(principal).format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=f"TargetTracking-endpoint/{endpoint_name}/variant/{VARIANT}-*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    _add(principal, actions, alarms)


def _add(
    principal: iam.Role | iam.Policy,
    actions: list[str],
    resource: str,
    conditions: dict[str, dict[str, str]] | None = None,
) -> None:
    statement = iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)
    if isinstance(principal, iam.Policy):
        principal.add_statements(statement)
    else:
        principal.add_to_principal_policy(statement)
