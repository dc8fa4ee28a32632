"""Wildcards in the resources of policies: which forms are accepted, wherever they are granted.

cdk-nag reports every `*` in a resource (AwsSolutions-IAM5). What a decision has the form of is accepted on
the policy, with the finding's full id; anything else stays a finding and fails the synth, and so does any
action with `*`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsii
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import IValidation

from stacks.constructs.acknowledgement import Decision
from stacks.constructs.decisions import (
    ENDPOINTS_OF_CLARIFY,
    IDS_THAT_SERVICES_DRAW,
    INSIDE_ONE_NAMED_THING,
    NO_RESOURCE_TO_NAME,
    OBJECTS_BELOW_A_PREFIX,
)

FORMS = (
    OBJECTS_BELOW_A_PREFIX,
    INSIDE_ONE_NAMED_THING,
    IDS_THAT_SERVICES_DRAW,
    ENDPOINTS_OF_CLARIFY,
)
WITHOUT_RESOURCE = frozenset(
    {
        "cloudwatch:DescribeAlarms",  # where alarms are looked for, and not named
        "cloudwatch:PutMetricData",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ecr:GetAuthorizationToken",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "sagemaker:ListApps",
        "sagemaker:ListDomains",
        "sagemaker:ListEndpointConfigs",
        "sagemaker:ListEndpoints",
        "sagemaker:ListModelPackages",
        "sagemaker:ListModels",
        "sagemaker:ListSpaces",
        "sagemaker:ListUserProfiles",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
"""https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""


def accept_wildcards(policy: iam.Policy | iam.ManagedPolicy) -> None:
    """Accept the wildcards of a policy that have an accepted form, once all of it is known."""
    policy.node.add_validation(_Acceptance(policy))


@jsii.implements(IValidation)
class _Acceptance:
    """Comes when references between stacks are resolved and before the assembly is written."""

    def __init__(self, policy: iam.Policy | iam.ManagedPolicy) -> None:
        self._policy = policy

    def validate(self) -> list[str]:
        document = Stack.of(self._policy).resolve(self._policy.document)
        for decision, finding in accepted_in(document):
            decision.accept(self._policy, finding)
        return []


def accepted_in(document: dict[str, Any]) -> Iterator[tuple[Decision, str]]:
    """The findings in a resolved policy document that a decision covers, each once and with the decision."""
    seen = set()
    for statement in document["Statement"]:
        for resource in map(flattened, _listed(statement["Resource"])):
            finding = f"Resource::{resource}"
            decision = next((form for form in FORMS if form.covers(finding)), None)
            if decision and finding not in seen:
                seen.add(finding)
                yield decision, finding
    without = [each for each in document["Statement"] if "*" in _listed(each["Resource"])]
    actions = {action for statement in without for action in _listed(statement["Action"])}
    if without and actions <= WITHOUT_RESOURCE:
        yield NO_RESOURCE_TO_NAME, "Resource::*"


def flattened(resource: Any) -> str:
    """A resolved ARN as cdk-nag names it: references in angle brackets, joins run together."""
    if isinstance(resource, str):
        return re.sub(r"\$\{([^}]+)\}", r"<\1>", resource)
    function, argument = next(iter(resource.items()))
    if function == "Ref":
        return f"<{argument}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function in ("Fn::ImportValue", "Fn::Sub"):
        return flattened(argument)
    if function == "Fn::Join":
        return str(argument[0]).join(flattened(part) for part in argument[1])
    return json.dumps(resource)  # has no accepted form


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
