"""EC2 shows the interfaces that services keep in a VPC, honours filters, and deletes none that is in use.

ministack's mount targets name an interface that does not exist, its DescribeNetworkInterfaces ignores every
filter, and its DeleteNetworkInterface takes interfaces from under their owners.
https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import ec2, efs

from local_aws.network import filters, interfaces

HOOKS = (
    *interfaces.HOOKS,
    *filters.HOOKS,
    "ministack.services.ec2:_ACTION_MAP",
    "ministack.services.ec2:_eni_fields_xml",
    "ministack.services.ec2:_parse_member_list",
    "ministack.services.ec2:_p",
    "ministack.services.ec2:_xml",
    "ministack.services.efs:_create_mount_target",
    "ministack.services.efs:_delete_mount_target",
    "ministack.services.efs:_modify_mount_target_security_groups",
    "ministack.services.efs:_mount_targets",
)

_FILTERS = (
    "availability-zone",
    "description",
    "group-id",
    "group-name",
    "interface-type",
    "network-interface-id",
    "private-ip-address",
    "requester-id",
    "requester-managed",
    "status",
    "subnet-id",
    "vpc-id",
)


def install() -> None:
    """Put this overlay in place."""
    ec2._ACTION_MAP["DescribeNetworkInterfaces"] = _describe
    ec2._ACTION_MAP["DeleteNetworkInterface"] = _delete_unused(ec2._ACTION_MAP["DeleteNetworkInterface"])
    ec2._eni_fields_xml = _with_requester(ec2._eni_fields_xml)
    efs._create_mount_target = _with_interface(efs._create_mount_target)
    efs._delete_mount_target = _without_interface(efs._delete_mount_target)
    efs._modify_mount_target_security_groups = _with_groups(efs._modify_mount_target_security_groups)


def _describe(params: dict[str, Any]) -> Any:
    ids = ec2._parse_member_list(params, "NetworkInterfaceId")
    missing = [each for each in ids if each not in ec2._network_interfaces]
    if missing:
        message = f"The networkInterface ID '{missing[0]}' does not exist"
        return ec2._error("InvalidNetworkInterfaceID.NotFound", message, 400)
    found = filters.selected(params, "NetworkInterfaceId", ec2._network_interfaces.values(), _values)
    shown = "".join(map(ec2._eni_fields_xml, found))
    return filters.unknown(filters.requested(params), _FILTERS) or ec2._xml(
        200, "DescribeNetworkInterfacesResponse", f"<networkInterfaceSet>{shown}</networkInterfaceSet>"
    )


def _values(interface: interfaces.Interface) -> filters.Values:
    return {
        "availability-zone": interface["AvailabilityZone"],
        "description": interface["Description"],
        "group-id": [group["GroupId"] for group in interface["Groups"]],
        "group-name": [group["GroupName"] for group in interface["Groups"]],
        "interface-type": interface["InterfaceType"],
        "network-interface-id": interface["NetworkInterfaceId"],
        "private-ip-address": interface["PrivateIpAddress"],
        "requester-id": interface.get("Requester", ""),
        "requester-managed": "true" if "Requester" in interface else "false",
        "status": interface["Status"],
        "subnet-id": interface["SubnetId"],
        "vpc-id": interface["VpcId"],
    }


def _with_requester(original: Callable[..., str]) -> Callable[..., str]:
    def eni_fields_xml(interface: interfaces.Interface, tag: str = "item") -> str:
        requester = interface.get("Requester")
        managed = f"<requesterId>{requester}</requesterId>" if requester else ""
        managed += f"<requesterManaged>{'true' if requester else 'false'}</requesterManaged>"
        shown = original(interface, tag)
        return shown.replace(f"<{tag}>", f"<{tag}>{managed}", 1)

    return eni_fields_xml


def _delete_unused(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_network_interface(params: dict[str, Any]) -> Any:
        interface_id = ec2._p(params, "NetworkInterfaceId")
        interface = ec2._network_interfaces.get(interface_id)
        if interface is not None and interface["Status"] == "in-use":
            message = f"Network interface '{interface_id}' is currently in use."
            return ec2._error("InvalidParameterValue", message, 400)
        return original(params)

    return delete_network_interface


def _with_interface(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_mount_target(body: dict[str, Any]) -> Any:
        answer = original(body)
        if answer[0] < 400:
            target = efs._mount_targets[json.loads(answer[2])["MountTargetId"]]
            interfaces.create(
                target["SubnetId"],
                target["SecurityGroups"],
                f"EFS mount target for {target['FileSystemId']} ({target['MountTargetId']})",
                "amazon-elasticfilesystem",
                kind="efs",
                interface_id=target["NetworkInterfaceId"],
                address=target.get("IpAddress"),
            )
        return answer

    return create_mount_target


def _without_interface(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_mount_target(target_id: str) -> Any:
        target = efs._mount_targets.get(target_id)
        answer = original(target_id)
        if target is not None and target_id not in efs._mount_targets:
            interfaces.release(target["NetworkInterfaceId"])
        return answer

    return delete_mount_target


def _with_groups(original: Callable[..., Any]) -> Callable[..., Any]:
    def modify_mount_target_security_groups(target_id: str, body: dict[str, Any]) -> Any:
        answer = original(target_id, body)
        target = efs._mount_targets.get(target_id)
        if target is not None and answer[0] < 400:
            interfaces.set_groups(target["NetworkInterfaceId"], target["SecurityGroups"])
        return answer

    return modify_mount_target_security_groups
