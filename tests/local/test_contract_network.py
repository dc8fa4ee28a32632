"""A VPC's parts are shown as they were made, and what is in use can't be deleted."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import Deploy, LocalAws, MakeRole, delete_stack

SERVICE = "com.amazonaws.us-east-1.sagemaker.api"


@dataclass(frozen=True)
class Network:
    vpc: str
    subnets: tuple[str, str]
    group: str


@pytest.fixture
def ec2(local_aws: LocalAws) -> Any:
    return local_aws.client("ec2")


@pytest.fixture
def efs(local_aws: LocalAws) -> Any:
    return local_aws.client("efs")


@pytest.fixture
def network(ec2: Any) -> Network:
    """A VPC with two subnets in two zones and a security group."""
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for index, zone in enumerate("ab")
    ]
    first, second = (each["Subnet"]["SubnetId"] for each in subnets)
    group = ec2.create_security_group(VpcId=vpc, GroupName="g", Description="d")["GroupId"]
    return Network(vpc, (first, second), group)


@pytest.fixture
def mount_target(efs: Any, network: Network, name: str) -> dict[str, Any]:
    """A mount target in the first subnet."""
    file_system = efs.create_file_system(CreationToken=name)["FileSystemId"]
    made: dict[str, Any] = efs.create_mount_target(
        FileSystemId=file_system, SubnetId=network.subnets[0], SecurityGroups=[network.group]
    )
    return made


def refused(code: str, call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value)


def filters(**values: str) -> list[dict[str, Any]]:
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in values.items()]


def test_a_mount_target_has_an_interface_that_holds_its_subnet_and_group(
    ec2: Any, efs: Any, network: Network, mount_target: dict[str, Any]
) -> None:
    # Then it is shown as it is, and found by filters
    (found,) = ec2.describe_network_interfaces(Filters=filters(subnet_id=network.subnets[0]))[
        "NetworkInterfaces"
    ]
    assert found["NetworkInterfaceId"] == mount_target["NetworkInterfaceId"]
    assert found["PrivateIpAddress"] == mount_target["IpAddress"]
    assert found["RequesterManaged"] is True
    assert found["Description"] == (
        f"EFS mount target for {mount_target['FileSystemId']} ({mount_target['MountTargetId']})"
    )
    assert [group["GroupId"] for group in found["Groups"]] == [network.group]
    none = ec2.describe_network_interfaces(Filters=filters(subnet_id=network.subnets[1]))
    assert none["NetworkInterfaces"] == []
    # And nothing that it needs can be deleted
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[0])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.group)
    refused(
        "InvalidParameterValue", ec2.delete_network_interface, NetworkInterfaceId=found["NetworkInterfaceId"]
    )
    refused("FileSystemInUse", efs.delete_file_system, FileSystemId=mount_target["FileSystemId"])
    # When it goes, then all of it can
    delete_target(efs, mount_target)
    efs.delete_file_system(FileSystemId=mount_target["FileSystemId"])
    ec2.delete_security_group(GroupId=network.group)
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=network.vpc)


def delete_target(efs: Any, target: dict[str, Any]) -> None:
    """Delete a mount target and wait until it is gone."""
    efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    while efs.describe_mount_targets(FileSystemId=target["FileSystemId"])["MountTargets"]:
        time.sleep(0.05)


def test_a_mount_target_that_goes_holds_its_subnet_still(
    ec2: Any, efs: Any, network: Network, mount_target: dict[str, Any]
) -> None:
    efs.delete_mount_target(MountTargetId=mount_target["MountTargetId"])
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[0])


def test_a_mount_targets_interface_takes_its_new_groups(
    ec2: Any, efs: Any, network: Network, mount_target: dict[str, Any]
) -> None:
    # Given
    other = ec2.create_security_group(VpcId=network.vpc, GroupName="o", Description="d")["GroupId"]
    # When
    efs.modify_mount_target_security_groups(
        MountTargetId=mount_target["MountTargetId"], SecurityGroups=[other]
    )
    # Then
    ec2.delete_security_group(GroupId=network.group)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=other)


def test_an_unknown_filter_is_refused(ec2: Any) -> None:
    for describe in (
        ec2.describe_network_interfaces,
        ec2.describe_security_groups,
        ec2.describe_vpc_endpoints,
        ec2.describe_flow_logs,
    ):
        refused("InvalidParameterValue", describe, **{describe_filter(describe): filters(colour="red")})


def describe_filter(describe: Callable[..., Any]) -> str:
    return "Filter" if describe.__name__ == "describe_flow_logs" else "Filters"


def test_groups_that_name_one_another_go_once_their_rules_are_revoked(ec2: Any, network: Network) -> None:
    # Given a group that another's rule names, described as a caller would
    other = ec2.create_security_group(VpcId=network.vpc, GroupName="o", Description="d")["GroupId"]
    pair = {"GroupId": network.group}
    nfs = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [pair]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[nfs])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.group)
    (naming,) = ec2.describe_security_groups(
        Filters=[{"Name": "ip-permission.group-id", "Values": [network.group]}]
    )["SecurityGroups"]
    # When
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=naming["IpPermissions"])
    # Then
    assert naming["GroupId"] == other
    ec2.delete_security_group(GroupId=network.group)


def test_security_groups_are_found_by_parts_of_their_names(ec2: Any, network: Network) -> None:
    for index in range(2):
        ec2.create_security_group(VpcId=network.vpc, GroupName=f"nfs-{index}", Description="d")
    found = ec2.describe_security_groups(Filters=filters(vpc_id=network.vpc, group_name="nfs-*"))
    assert sorted(group["GroupName"] for group in found["SecurityGroups"]) == ["nfs-0", "nfs-1"]


def test_an_interface_endpoint_is_shown_as_made_and_holds_its_subnets(ec2: Any, network: Network) -> None:
    # Given
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]})
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        ServiceName=SERVICE,
        VpcEndpointType="Interface",
        SubnetIds=list(network.subnets),
        SecurityGroupIds=[network.group],
        PolicyDocument=policy,
    )["VpcEndpoint"]["VpcEndpointId"]
    # When
    (found,) = ec2.describe_vpc_endpoints(Filters=filters(vpc_id=network.vpc))["VpcEndpoints"]
    # Then
    assert json.loads(found["PolicyDocument"]) == json.loads(policy)
    assert [group["GroupId"] for group in found["Groups"]] == [network.group]
    assert found["PrivateDnsEnabled"] is True
    assert len(found["NetworkInterfaceIds"]) == len(network.subnets)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[1])
    # When it leaves a subnet, then that one is free
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveSubnetIds=[network.subnets[1]])
    ec2.delete_subnet(SubnetId=network.subnets[1])
    # When it goes, then all is free
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_subnet(SubnetId=network.subnets[0])
    ec2.delete_security_group(GroupId=network.group)
    ec2.delete_vpc(VpcId=network.vpc)


def test_a_gateway_endpoint_without_a_policy_allows_everything_and_holds_its_vpc(
    ec2: Any, network: Network
) -> None:
    # Given
    service = "com.amazonaws.us-east-1.s3"
    made = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName=service)["VpcEndpoint"]
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=network.group)
    # Then
    assert json.loads(made["PolicyDocument"])["Statement"][0]["Action"] == "*"
    refused("DependencyViolation", ec2.delete_vpc, VpcId=network.vpc)


def test_a_flow_log_is_shown_as_made(ec2: Any, network: Network, make_role: MakeRole) -> None:
    # Given
    role = make_role("vpc-flow-logs.amazonaws.com")
    settings = {"ResourceIds": [network.vpc], "ResourceType": "VPC", "LogGroupName": "flows"}
    refused("InvalidParameter", ec2.create_flow_logs, **settings)
    # When
    ec2.create_flow_logs(**settings, DeliverLogsPermissionArn=role, MaxAggregationInterval=60)
    # Then
    (found,) = ec2.describe_flow_logs(Filter=filters(resource_id=network.vpc))["FlowLogs"]
    assert found["DeliverLogsPermissionArn"] == role
    assert found["LogGroupName"] == "flows"
    assert found["MaxAggregationInterval"] == 60


def vpc_template(policy_action: str, description: str) -> dict[str, Any]:
    """A VPC as CDK writes one, with an endpoint, a flow log, and rules as resources of their own."""
    vpc, group = {"Ref": "Vpc"}, {"Fn::GetAtt": ["Group", "GroupId"]}
    everything = {"Effect": "Allow", "Principal": "*", "Action": policy_action, "Resource": "*"}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": vpc,
                "CidrBlock": "10.8.0.0/24",
                "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            },
        },
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": vpc}},
        "Association": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}},
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "d", "VpcId": vpc, "SecurityGroupEgress": []},
        },
        "Https": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": group,
                "SourceSecurityGroupId": group,
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "Description": description,
            },
        },
        "Endpoint": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": vpc,
                "ServiceName": SERVICE,
                "VpcEndpointType": "Interface",
                "PrivateDnsEnabled": True,
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [group],
                "PolicyDocument": {"Statement": [everything]},
            },
        },
        "FlowLog": {
            "Type": "AWS::EC2::FlowLog",
            "Properties": {
                "ResourceId": vpc,
                "ResourceType": "VPC",
                "TrafficType": "ALL",
                "LogDestinationType": "cloud-watch-logs",
                "LogGroupName": "flows",
                "DeliverLogsPermissionArn": "arn:aws:iam::000000000000:role/flows",
                "Tags": [{"Key": "k", "Value": description}],
            },
        },
    }


OUTPUTS = {
    "Vpc": {"Ref": "Vpc"},
    "Subnet": {"Ref": "Subnet"},
    "Group": {"Fn::GetAtt": ["Group", "GroupId"]},
    "Endpoint": {"Ref": "Endpoint"},
    "FlowLog": {"Ref": "FlowLog"},
    "Rule": {"Ref": "Https"},
}


def test_a_vpc_of_cloudformation_is_made_changed_and_deleted(
    local_aws: LocalAws, deploy: Deploy, ec2: Any, name: str
) -> None:
    # When
    made = deploy(name, vpc_template("sagemaker:CreateTrainingJob", "before"), OUTPUTS)
    changed = deploy(name, vpc_template("sagemaker:ListApps", "after"), OUTPUTS)
    # Then nothing was replaced, and all of it is as the second template has it
    assert changed == made
    (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["Endpoint"]])["VpcEndpoints"]
    (flow_log,) = ec2.describe_flow_logs(FlowLogIds=[made["FlowLog"]])["FlowLogs"]
    (group,) = ec2.describe_security_groups(GroupIds=[made["Group"]])["SecurityGroups"]
    assert json.loads(endpoint["PolicyDocument"])["Statement"][0]["Action"] == "sagemaker:ListApps"
    assert {"Key": "k", "Value": "after"} in flow_log["Tags"]
    (pair,) = group["IpPermissions"][0]["UserIdGroupPairs"]
    assert (pair["GroupId"], pair["Description"]) == (made["Group"], "after")
    # When it is deleted, then nothing is left
    assert delete_stack(local_aws.client("cloudformation"), name) == "DELETE_COMPLETE"
    assert ec2.describe_vpc_endpoints(Filters=filters(vpc_id=made["Vpc"]))["VpcEndpoints"] == []
    assert ec2.describe_network_interfaces(Filters=filters(vpc_id=made["Vpc"]))["NetworkInterfaces"] == []
    assert ec2.describe_flow_logs(FlowLogIds=[made["FlowLog"]])["FlowLogs"] == []


@pytest.fixture
def held_subnet(deploy: Deploy, efs: Any, name: str) -> Iterator[str]:
    """A stack with a subnet that holds a mount target from outside the stack; gives the stack's name."""
    made = deploy(name, vpc_template("*", "d"), OUTPUTS)
    file_system = efs.create_file_system(CreationToken=name)["FileSystemId"]
    target = efs.create_mount_target(FileSystemId=file_system, SubnetId=made["Subnet"])
    yield name
    delete_target(efs, target)
    efs.delete_file_system(FileSystemId=file_system)


def test_a_stack_keeps_the_subnet_that_something_else_uses(local_aws: LocalAws, held_subnet: str) -> None:
    cloudformation = local_aws.client("cloudformation")
    assert delete_stack(cloudformation, held_subnet) == "DELETE_FAILED"
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in cloudformation.describe_stack_events(StackName=held_subnet)["StackEvents"]
    ]
    assert any("has dependencies and cannot be deleted" in reason for reason in reasons)
