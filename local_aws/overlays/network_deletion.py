"""Subnets, security groups and VPCs that are in use can't be deleted, by the API or with a stack.

ministack deletes subnets and security groups from under their network interfaces. On AWS the answer is
DependencyViolation: for a subnet with interfaces, for a group that interfaces or other groups' rules name,
and for a VPC with endpoints.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import ec2

from local_aws import cloudformation
from local_aws.network import filters, interfaces

HOOKS = (
    *cloudformation.HOOKS,
    *filters.HOOKS,
    *interfaces.HOOKS,
    "ministack.services.ec2:_ACTION_MAP",
    "ministack.services.ec2:_delete_vpc",
    "ministack.services.ec2:_p",
    "ministack.services.ec2:_vpc_endpoints",
)

# What stands in the way of a deletion, as AWS says it; None if nothing does.
Obstacle = Callable[[str], str | None]


def install() -> None:
    """Put this overlay in place."""
    for resource_type, action, parameter, obstacle in (
        ("AWS::EC2::Subnet", "DeleteSubnet", "SubnetId", _subnet_obstacle),
        ("AWS::EC2::SecurityGroup", "DeleteSecurityGroup", "GroupId", _group_obstacle),
        ("AWS::EC2::VPC", "DeleteVpc", "VpcId", _vpc_obstacle),
    ):
        ec2._ACTION_MAP[action] = _checked(ec2._ACTION_MAP[action], parameter, obstacle)
        cloudformation.before_delete(resource_type, _checked_in_stack(obstacle))
    ec2._delete_vpc = ec2._ACTION_MAP["DeleteVpc"]


def _checked(original: Callable[..., Any], parameter: str, obstacle: Obstacle) -> Callable[..., Any]:
    def delete(params: dict[str, Any]) -> Any:
        message = obstacle(ec2._p(params, parameter))
        return original(params) if message is None else ec2._error("DependencyViolation", message, 400)

    return delete


def _checked_in_stack(obstacle: Obstacle) -> Callable[[str, cloudformation.Properties], None]:
    def act(physical_id: str, _properties: cloudformation.Properties) -> None:
        message = obstacle(physical_id)
        if message is not None:
            raise ValueError(f"{message} (Service: Ec2, Status Code: 400, Error Code: DependencyViolation)")

    return act


def _subnet_obstacle(subnet_id: str) -> str | None:
    if next(interfaces.in_subnet(subnet_id), None) is None:
        return None
    return f"The subnet '{subnet_id}' has dependencies and cannot be deleted."


def _group_obstacle(group_id: str) -> str | None:
    others = (each for each in ec2._security_groups.values() if each["GroupId"] != group_id)
    if next(interfaces.in_group(group_id), None) is None and not any(
        _names(group, group_id) for group in others
    ):
        return None
    return f"resource {group_id} has a dependent object"


def _names(group: dict[str, Any], group_id: str) -> bool:
    rules = [*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])]
    return any(pair.get("GroupId") == group_id for rule in rules for pair in rule.get("UserIdGroupPairs", []))


def _vpc_obstacle(vpc_id: str) -> str | None:
    if all(each["VpcId"] != vpc_id for each in ec2._vpc_endpoints.values()):
        return None
    return f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
