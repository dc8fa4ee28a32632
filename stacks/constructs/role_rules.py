"""What an organisation asks of every role: a boundary, and a path."""

from typing import cast

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam

from settings.governance import Governance


def govern_roles(stack: Stack, governance: Governance) -> None:
    """Put the boundary and the path on all roles that the stack has now, those of the CDK included."""
    if governance.permissions_boundary:
        name = governance.permissions_boundary
        boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "PermissionsBoundary", name)
        iam.PermissionsBoundary.of(stack).apply(boundary)
    if governance.role_path != "/":
        for construct in stack.node.find_all():
            if (
                CfnResource.is_cfn_resource(construct)
                and cast(CfnResource, construct).cfn_resource_type == "AWS::IAM::Role"
            ):
                cast(CfnResource, construct).add_property_override("Path", governance.role_path)
