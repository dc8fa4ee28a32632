"""VPC endpoints as they were made: policy, security groups, private names and an interface in every subnet.

ministack keeps an endpoint's type, VPC, service, subnets and route tables only, makes no interfaces, and
changes in place what CloudFormation replaces. Endpoints route nothing here: every service is on the loopback
interface, and an endpoint's policy is kept and shown, not enforced.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
"""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region, now_iso
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.cloudformation import Properties
from local_aws.network import filters, interfaces

HOOKS = (
    *cloudformation.HOOKS,
    *filters.HOOKS,
    *interfaces.HOOKS,
    "ministack.services.cloudformation.provisioners:_ec2_apply_tags",
    "ministack.services.ec2:_ACTION_MAP",
    "ministack.services.ec2:_p",
    "ministack.services.ec2:_parse_member_list",
    "ministack.services.ec2:_parse_tag_specs",
    "ministack.services.ec2:_route_tables",
    "ministack.services.ec2:_tags",
    "ministack.services.ec2:_vpc_endpoints",
    "ministack.services.ec2:_vpce_fields_xml",
    "ministack.services.ec2:_vpcs",
    "ministack.services.ec2:_xml",
    "ministack.core.responses:now_iso",
)

_FULL_ACCESS = json.dumps(
    {
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)
_FILTERS = (
    "service-name",
    "vpc-endpoint-id",
    "vpc-endpoint-state",
    "vpc-endpoint-type",
    "vpc-id",
)
_REPLACED_BY = frozenset({"ServiceName", "VpcEndpointType", "VpcId"})

Endpoint = dict[str, Any]


class _RefusedError(ValueError):
    """EC2's error code, and its text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    """Put this overlay in place."""
    ec2._ACTION_MAP["CreateVpcEndpoint"] = _answered(_create_by_api)
    ec2._ACTION_MAP["ModifyVpcEndpoint"] = _answered(_modify_by_api)
    ec2._ACTION_MAP["DeleteVpcEndpoints"] = _delete_by_api
    ec2._ACTION_MAP["DescribeVpcEndpoints"] = _describe
    ec2._vpce_fields_xml = _complete(ec2._vpce_fields_xml)
    cloudformation.register(
        "AWS::EC2::VPCEndpoint",
        create=_create_in_stack,
        update=_update_in_stack,
        delete=lambda endpoint_id, _properties: _delete(endpoint_id),
        replaced_by=_REPLACED_BY,
    )


def _answered(operation: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def answer(params: dict[str, Any]) -> Any:
        try:
            return operation(params)
        except _RefusedError as error:
            return ec2._error(error.code, str(error), 400)

    return answer


def _create_by_api(params: dict[str, Any]) -> Any:
    kind = ec2._p(params, "VpcEndpointType") or "Gateway"
    asked = ec2._p(params, "PrivateDnsEnabled")
    endpoint = _create(
        {
            "VpcEndpointType": kind,
            "VpcId": ec2._p(params, "VpcId"),
            "ServiceName": ec2._p(params, "ServiceName"),
            "RouteTableIds": ec2._parse_member_list(params, "RouteTableId"),
            "SubnetIds": ec2._parse_member_list(params, "SubnetId"),
            "SecurityGroupIds": ec2._parse_member_list(params, "SecurityGroupId"),
            "PrivateDnsEnabled": asked.lower() == "true" if asked else kind == "Interface",
            "PolicyDocument": ec2._p(params, "PolicyDocument") or None,
        }
    )
    ec2._parse_tag_specs(params, "vpc-endpoint", endpoint["VpcEndpointId"])
    return ec2._xml(200, "CreateVpcEndpointResponse", ec2._vpce_fields_xml(endpoint, tag="vpcEndpoint"))


def _modify_by_api(params: dict[str, Any]) -> Any:
    endpoint = _find(ec2._p(params, "VpcEndpointId"))

    def changed(member: str, parameter: str) -> list[str]:
        removed = ec2._parse_member_list(params, f"Remove{parameter}")
        added = [
            each for each in ec2._parse_member_list(params, f"Add{parameter}") if each not in endpoint[member]
        ]
        return [each for each in endpoint[member] if each not in removed] + added

    policy = ec2._p(params, "PolicyDocument")
    if ec2._p(params, "ResetPolicy").lower() == "true":
        policy = _FULL_ACCESS
    private_names = ec2._p(params, "PrivateDnsEnabled")
    _change(
        endpoint,
        {
            **endpoint,
            "RouteTableIds": changed("RouteTableIds", "RouteTableId"),
            "SubnetIds": changed("SubnetIds", "SubnetId"),
            "SecurityGroupIds": changed("SecurityGroupIds", "SecurityGroupId"),
            "PrivateDnsEnabled": private_names.lower() == "true"
            if private_names
            else endpoint["PrivateDnsEnabled"],
            "PolicyDocument": policy or endpoint["PolicyDocument"],
        },
    )
    return ec2._xml(200, "ModifyVpcEndpointResponse", "<return>true</return>")


def _delete_by_api(params: dict[str, Any]) -> Any:
    failed = ""
    for endpoint_id in ec2._parse_member_list(params, "VpcEndpointId"):
        if endpoint_id in ec2._vpc_endpoints:
            _delete(endpoint_id)
            continue
        error = f"<code>InvalidVpcEndpoint.NotFound</code><message>{_missing(endpoint_id)}</message>"
        failed += f"<item><resourceId>{endpoint_id}</resourceId><error>{error}</error></item>"
    return ec2._xml(200, "DeleteVpcEndpointsResponse", f"<unsuccessful>{failed}</unsuccessful>")


def _describe(params: dict[str, Any]) -> Any:
    ids = ec2._parse_member_list(params, "VpcEndpointId")
    missing = [each for each in ids if each not in ec2._vpc_endpoints]
    if missing:
        return ec2._error("InvalidVpcEndpointId.NotFound", _missing(missing[0]), 400)
    found = filters.selected(params, "VpcEndpointId", ec2._vpc_endpoints.values(), _values)
    shown = "".join(map(ec2._vpce_fields_xml, found))
    return filters.unknown(filters.requested(params), _FILTERS) or ec2._xml(
        200, "DescribeVpcEndpointsResponse", f"<vpcEndpointSet>{shown}</vpcEndpointSet>"
    )


def _values(endpoint: Endpoint) -> filters.Values:
    return {
        "service-name": endpoint["ServiceName"],
        "vpc-endpoint-id": endpoint["VpcEndpointId"],
        "vpc-endpoint-state": endpoint["State"],
        "vpc-endpoint-type": endpoint["VpcEndpointType"],
        "vpc-id": endpoint["VpcId"],
    }


def _create_in_stack(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    endpoint = _create(_settings(properties))
    provisioners._ec2_apply_tags(endpoint["VpcEndpointId"], properties)
    return endpoint["VpcEndpointId"], _attributes(endpoint)


def _update_in_stack(
    endpoint_id: str, old: Properties, new: Properties, _stack: str
) -> tuple[str, Properties]:
    endpoint = _find(endpoint_id)
    _change(endpoint, _settings(new))
    provisioners._ec2_apply_tags(endpoint_id, new, old)
    return endpoint_id, _attributes(endpoint)


def _settings(properties: Properties) -> Properties:
    policy = properties.get("PolicyDocument")
    return {
        "VpcEndpointType": properties.get("VpcEndpointType", "Gateway"),
        "VpcId": properties["VpcId"],
        "ServiceName": properties["ServiceName"],
        "RouteTableIds": list(properties.get("RouteTableIds", [])),
        "SubnetIds": list(properties.get("SubnetIds", [])),
        "SecurityGroupIds": list(properties.get("SecurityGroupIds", [])),
        "PrivateDnsEnabled": cloudformation.is_true(properties.get("PrivateDnsEnabled", False)),
        "PolicyDocument": json.dumps(policy) if isinstance(policy, Mapping) else policy,
    }


def _attributes(endpoint: Endpoint) -> Properties:
    return {
        "Id": endpoint["VpcEndpointId"],
        "CreationTimestamp": endpoint["CreationTimestamp"],
        "DnsEntries": [f"{entry['HostedZoneId']}:{entry['DnsName']}" for entry in endpoint["DnsEntries"]],
        "NetworkInterfaceIds": endpoint["NetworkInterfaceIds"],
    }


def _create(settings: Properties) -> Endpoint:
    if settings["VpcId"] not in ec2._vpcs:
        raise _RefusedError("InvalidVpcId.NotFound", f"The Vpc Id {settings['VpcId']} does not exist")
    endpoint_id = "vpce-" + secrets.token_hex(9)[:17]
    endpoint = {
        "VpcEndpointId": endpoint_id,
        "State": "available",
        "OwnerId": get_account_id(),
        "CreationTimestamp": now_iso(),
        "NetworkInterfaceIds": [],
    }
    _change(endpoint, settings)
    ec2._vpc_endpoints[endpoint_id] = endpoint
    return endpoint


def _change(endpoint: Endpoint, settings: Properties) -> None:
    """Give an endpoint these settings, with an interface in each of its subnets and in no other."""
    settings = {**settings, "PolicyDocument": settings["PolicyDocument"] or _FULL_ACCESS}
    if settings["VpcEndpointType"] == "Interface" and not settings["SecurityGroupIds"]:
        settings["SecurityGroupIds"] = [ec2._vpcs[settings["VpcId"]]["DefaultSecurityGroupId"]]
    _check(settings)
    endpoint.update(settings)
    held = {ec2._network_interfaces[each]["SubnetId"]: each for each in endpoint["NetworkInterfaceIds"]}
    for subnet, interface in held.items():
        if subnet in settings["SubnetIds"]:
            interfaces.set_groups(interface, settings["SecurityGroupIds"])
        else:
            interfaces.release(interface)
    endpoint["NetworkInterfaceIds"] = [
        held.get(subnet) or _interface(endpoint, subnet) for subnet in settings["SubnetIds"]
    ]
    endpoint["DnsEntries"] = _names(endpoint)


def _check(settings: Properties) -> None:
    """What an endpoint names is there, in its VPC, and in subnets of different zones."""
    for member, held, code, what in (
        ("SubnetIds", ec2._subnets, "InvalidSubnetID.NotFound", "subnet ID"),
        ("SecurityGroupIds", ec2._security_groups, "InvalidGroup.NotFound", "security group"),
        ("RouteTableIds", ec2._route_tables, "InvalidRouteTableId.NotFound", "routeTable ID"),
    ):
        for each in settings[member]:
            if each not in held or held[each]["VpcId"] != settings["VpcId"]:
                raise _RefusedError(code, f"The {what} '{each}' does not exist in {settings['VpcId']}")
    zones = [ec2._subnets[each]["AvailabilityZone"] for each in settings["SubnetIds"]]
    if len(zones) != len(set(zones)):
        raise _RefusedError(
            "DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone"
        )


def _interface(endpoint: Endpoint, subnet_id: str) -> str:
    return interfaces.create(
        subnet_id,
        endpoint["SecurityGroupIds"],
        f"VPC Endpoint Interface {endpoint['VpcEndpointId']}",
        "amazon-aws",
        kind="vpc_endpoint",
    )


def _names(endpoint: Endpoint) -> list[dict[str, str]]:
    if endpoint["VpcEndpointType"] != "Interface":
        return []
    service = endpoint["ServiceName"].rpartition(f".{get_region()}.")[2]
    host = f"{service}.{get_region()}.vpce.amazonaws.com"
    names = [f"{endpoint['VpcEndpointId']}.{host}"]
    if endpoint["PrivateDnsEnabled"]:
        names.append(f"{service}.{get_region()}.amazonaws.com")
    return [{"DnsName": name, "HostedZoneId": "ZLOCALAWS"} for name in names]


def _delete(endpoint_id: str) -> None:
    endpoint = ec2._vpc_endpoints.pop(endpoint_id, None)
    ec2._tags.pop(endpoint_id, None)
    for interface in endpoint["NetworkInterfaceIds"] if endpoint else []:
        interfaces.release(interface)


def _find(endpoint_id: str) -> Endpoint:
    endpoint: Endpoint | None = ec2._vpc_endpoints.get(endpoint_id)
    if endpoint is None:
        raise _RefusedError("InvalidVpcEndpointId.NotFound", _missing(endpoint_id))
    return endpoint


def _missing(endpoint_id: str) -> str:
    return f"The Vpc Endpoint Id '{endpoint_id}' does not exist"


def _complete(original: Callable[..., str]) -> Callable[..., str]:
    def vpce_fields_xml(endpoint: Endpoint, tag: str = "item") -> str:
        groups = "".join(
            f"<item><groupId>{each}</groupId>"
            f"<groupName>{escape(ec2._security_groups[each]['GroupName'])}</groupName></item>"
            for each in endpoint["SecurityGroupIds"]
        )
        entries = "".join(
            f"<item><dnsName>{entry['DnsName']}</dnsName>"
            f"<hostedZoneId>{entry['HostedZoneId']}</hostedZoneId></item>"
            for entry in endpoint["DnsEntries"]
        )
        interface_ids = "".join(f"<item>{each}</item>" for each in endpoint["NetworkInterfaceIds"])
        more = (
            f"<groupSet>{groups}</groupSet><dnsEntrySet>{entries}</dnsEntrySet>"
            f"<networkInterfaceIdSet>{interface_ids}</networkInterfaceIdSet>"
            f"<policyDocument>{escape(endpoint['PolicyDocument'])}</policyDocument>"
            f"<privateDnsEnabled>{str(endpoint['PrivateDnsEnabled']).lower()}</privateDnsEnabled>"
            f"<creationTimestamp>{endpoint['CreationTimestamp']}</creationTimestamp>"
        )
        return original(endpoint, tag).replace(f"<{tag}>", f"<{tag}>{more}", 1)

    return vpce_fields_xml
