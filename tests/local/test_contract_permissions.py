"""What policies say counts as on AWS: boundaries, tags, variables, and what an action takes besides."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, Deploy, Execute, LocalAws, MakeRole, StackFailed, statement


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """Call what must be refused for want of a permission; gives the text."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    code = caught.value.response["Error"]["Code"]
    assert code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), caught.value
    return str(caught.value)


def conditioned(action: str, resource: str, operator: str, key: str, value: Any) -> dict[str, Any]:
    return statement(action, resource, Condition={operator: {key: value}})


def role_template(**properties: Any) -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    inline = {"Version": "2012-10-17", "Statement": [statement("s3:*")]}
    given = {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "given", "PolicyDocument": inline}],
        **properties,
    }
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": given}}


def test_a_boundary_of_a_template_holds_the_role(
    local_aws: LocalAws, deploy: Deploy, bucket: str, boundary: str, name: str
) -> None:
    # Given
    outputs = {"Arn": {"Fn::GetAtt": ["Role", "Arn"]}}
    role = deploy(f"{name}-s", role_template(PermissionsBoundary=boundary), outputs)["Arn"]
    s3 = local_aws.as_role("s3", role)
    # Then what both allow is allowed, and nothing else
    s3.get_object(Bucket=bucket, Key="k")
    assert "s3:PutObject" in refused(s3.put_object, Bucket=bucket, Key="new")
    # When the boundary goes, then the policy counts alone
    deploy(f"{name}-s", role_template(), outputs)
    s3.put_object(Bucket=bucket, Key="new")


def test_a_boundary_that_is_not_there_fails_the_stack(deploy: Deploy, name: str) -> None:
    missing = f"arn:aws:iam::{ACCOUNT}:policy/none"
    with pytest.raises(StackFailed, match="policy/none does not exist or is not attachable"):
        deploy(name, role_template(PermissionsBoundary=missing))


def test_a_boundary_holds_a_state_machine_too(
    local_aws: LocalAws, make_machine: Callable[..., str], execute: Execute, bucket: str, boundary: str
) -> None:
    # Given
    put = {
        "Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Arguments": {"Bucket": bucket, "Key": "new", "Body": "x"},
            "End": True,
        }
    }
    machine = make_machine(put, statement("s3:*"))
    role = local_aws.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["roleArn"]
    # When
    local_aws.client("iam").put_role_permissions_boundary(
        RoleName=role.rpartition("/")[2], PermissionsBoundary=boundary
    )
    # Then
    assert "s3:PutObject" in execute(machine)["cause"]


def test_a_session_is_known_by_its_roles_arn(local_aws: LocalAws, make_role: MakeRole, bucket: str) -> None:
    # Given a role that may read if it is another, and then if it is itself
    role = make_role(None)
    s3, iam = local_aws.as_role("s3", role), local_aws.client("iam")

    def give(arn: str) -> None:
        given = conditioned("s3:GetObject", "*", "ArnEquals", "aws:PrincipalArn", arn)
        document = json.dumps({"Version": "2012-10-17", "Statement": [given]})
        name = role.rpartition("/")[2]
        iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=document)

    # When / Then
    give(f"{role}-other")
    refused(s3.get_object, Bucket=bucket, Key="k")
    give(role)
    s3.get_object(Bucket=bucket, Key="k")


def test_variables_of_policies_have_values(local_aws: LocalAws, make_role: MakeRole, bucket: str) -> None:
    # Given a role whose tag says which bucket it may read, and one without that tag
    read = statement("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*")
    tagged, untagged = make_role(None, read), make_role(None, read)
    tags = [{"Key": "bucket", "Value": bucket}]
    local_aws.client("iam").tag_role(RoleName=tagged.rpartition("/")[2], Tags=tags)
    # Then
    local_aws.as_role("s3", tagged).get_object(Bucket=bucket, Key="k")
    refused(local_aws.as_role("s3", untagged).get_object, Bucket=bucket, Key="k")


def test_a_variable_without_a_value_has_its_default(
    local_aws: LocalAws, make_role: MakeRole, bucket: str
) -> None:
    resource = "arn:aws:s3:::${aws:PrincipalTag/bucket, '" + bucket + "'}/*"
    s3 = local_aws.as_role("s3", make_role(None, statement("s3:GetObject", resource)))
    s3.get_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("key", ["aws:ResourceTag/owner", "ec2:ResourceTag/owner"])
def test_tags_of_a_security_group_count(local_aws: LocalAws, make_role: MakeRole, key: str) -> None:
    # Given two groups, one of which bears the tag
    ec2 = local_aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    groups = [
        ec2.create_security_group(VpcId=vpc, GroupName=group, Description="d")["GroupId"] for group in "ab"
    ]
    ec2.create_tags(Resources=[groups[0]], Tags=[{"Key": "owner", "Value": "studio"}])
    own = conditioned(
        "ec2:DeleteSecurityGroup", "arn:aws:ec2:*:*:security-group/*", "StringEquals", key, "studio"
    )
    caller = local_aws.as_role("ec2", make_role(None, own))
    # Then
    caller.delete_security_group(GroupId=groups[0])
    refused(caller.delete_security_group, GroupId=groups[1])


@dataclass(frozen=True)
class Mounted:
    file_system: str
    arn: str
    target: str
    vpc: str


@pytest.fixture
def mounted(local_aws: LocalAws, name: str) -> Mounted:
    """A file system with a tag and a mount target."""
    ec2, efs = local_aws.client("ec2"), local_aws.client("efs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    tags = [{"Key": "owner", "Value": "studio"}]
    made = efs.create_file_system(CreationToken=name, Tags=tags)
    target = efs.create_mount_target(FileSystemId=made["FileSystemId"], SubnetId=subnet)
    return Mounted(made["FileSystemId"], made["FileSystemArn"], target["MountTargetId"], vpc)


def test_a_mount_target_is_asked_for_by_its_file_system(
    local_aws: LocalAws, make_role: MakeRole, mounted: Mounted
) -> None:
    # Given
    actions = ["elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeMountTargets"]
    own = local_aws.as_role("efs", make_role(None, statement(actions, mounted.arn)))
    other = local_aws.as_role("efs", make_role(None, statement(actions, f"{mounted.arn}0")))
    # Then
    for call, named in (
        ("describe_file_systems", {"FileSystemId": mounted.file_system}),
        ("describe_mount_targets", {"FileSystemId": mounted.file_system}),
        ("describe_mount_targets", {"MountTargetId": mounted.target}),
    ):
        getattr(own, call)(**named)
        refused(getattr(other, call), **named)


def test_deleting_a_mount_target_takes_its_interface_too(
    local_aws: LocalAws, make_role: MakeRole, mounted: Mounted
) -> None:
    # Given
    target = conditioned(
        "elasticfilesystem:DeleteMountTarget",
        "arn:aws:elasticfilesystem:*:*:file-system/*",
        "StringEquals",
        "aws:ResourceTag/owner",
        "studio",
    )
    interface = statement("ec2:DeleteNetworkInterface", "arn:aws:ec2:*:*:network-interface/*")
    lacking = local_aws.as_role("efs", make_role(None, target))
    enough = local_aws.as_role("efs", make_role(None, target, interface))
    # Then
    text = refused(lacking.delete_mount_target, MountTargetId=mounted.target)
    assert (
        f"ec2:DeleteNetworkInterface on resource: arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/" in text
    )
    enough.delete_mount_target(MountTargetId=mounted.target)


def test_metrics_are_put_into_the_allowed_namespace_only(local_aws: LocalAws, make_role: MakeRole) -> None:
    # Given a role that may put metrics of one namespace
    own = conditioned("cloudwatch:PutMetricData", "*", "StringEquals", "cloudwatch:namespace", "Own")
    cloudwatch = local_aws.as_role("cloudwatch", make_role(None, own))
    data = [{"MetricName": "Count", "Value": 1.0}]
    # Then it does
    cloudwatch.put_metric_data(Namespace="Own", MetricData=data)
    # And no other's
    refused(cloudwatch.put_metric_data, Namespace="Other", MetricData=data)
