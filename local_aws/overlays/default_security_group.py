"""CDK's closing of a VPC's default security group, natively.

The function behind `Custom::VpcRestrictDefaultSG` needs the AWS SDK for Node.js. This takes the default rules
away, and puts them back when the resource is deleted, with the permissions of that function's role.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ec2.VpcProps.html#restrictdefaultsecuritygroup
"""

from typing import Any

from local_aws import clients, cloudformation
from local_aws.cloudformation import Properties

HOOKS = cloudformation.HOOKS

_TYPE = "Custom::VpcRestrictDefaultSG"


def install() -> None:
    """Put this overlay in place."""
    cloudformation.register(_TYPE, create=_create, update=_update, delete=_delete)


def _create(logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    _close(properties)
    return logical_id, {}


def _update(physical_id: str, old: Properties, new: Properties, _stack: str) -> tuple[str, Properties]:
    if old["DefaultSecurityGroupId"] != new["DefaultSecurityGroupId"]:
        _open(old)
        _close(new)
    return physical_id, {}


def _delete(_physical_id: str, properties: Properties) -> None:
    _open(properties)


def _close(properties: Properties) -> None:
    ec2, group = _client(properties), properties["DefaultSecurityGroupId"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[_everything_out()])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[_everything_within(properties)])


def _open(properties: Properties) -> None:
    ec2, group = _client(properties), properties["DefaultSecurityGroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_everything_within(properties)])
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[_everything_out()])


def _client(properties: Properties) -> Any:
    _, configuration = cloudformation.function_of(properties["ServiceToken"])
    return clients.client("ec2", configuration["Role"], configuration["FunctionName"], "lambda.amazonaws.com")


def _everything_out() -> dict[str, Any]:
    return {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _everything_within(properties: Properties) -> dict[str, Any]:
    pair = {"GroupId": properties["DefaultSecurityGroupId"], "UserId": str(properties["Account"])}
    return {"IpProtocol": "-1", "UserIdGroupPairs": [pair]}
