"""Network interfaces that services keep in a customer's subnets: of mount targets, endpoints and notebooks.

They hold their subnet and their security groups: neither can be deleted before them.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
"""

import ipaddress
import random
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2

HOOKS = (
    "ministack.services.ec2:_network_interfaces",
    "ministack.services.ec2:_security_groups",
    "ministack.services.ec2:_subnets",
    "ministack.services.ec2:_tags",
)

Interface = dict[str, Any]

# The first addresses of a subnet are the router's and AWS's own.
_RESERVED = 4


def create(
    subnet_id: str,
    groups: Iterable[str],
    description: str,
    requester: str,
    *,
    kind: str = "interface",
    interface_id: str | None = None,
    address: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> str:
    """Make an interface that `requester` (a service) manages, in use from the start; gives its id."""
    subnet = ec2._subnets[subnet_id]
    interface_id = interface_id or "eni-" + secrets.token_hex(9)[:17]
    ec2._network_interfaces[interface_id] = {
        "NetworkInterfaceId": interface_id,
        "SubnetId": subnet_id,
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "Description": description,
        "OwnerId": get_account_id(),
        "Status": "in-use",
        "PrivateIpAddress": address or _free_address(subnet_id),
        "InterfaceType": kind,
        "SourceDestCheck": True,
        "MacAddress": ":".join(f"{random.randint(0, 255):02x}" for _ in range(6)),  # noqa: S311
        "Groups": [_named(group) for group in groups],
        "Attachment": None,
        "Requester": requester,
    }
    if tags:
        ec2._tags[interface_id] = tags
    return interface_id


def release(interface_id: str) -> None:
    """Take away an interface whose service has no more use for it; one that is gone already is fine."""
    ec2._network_interfaces.pop(interface_id, None)
    ec2._tags.pop(interface_id, None)


def set_groups(interface_id: str, groups: Iterable[str]) -> None:
    """Put the interface into these security groups instead of its own."""
    ec2._network_interfaces[interface_id]["Groups"] = [_named(group) for group in groups]


def in_subnet(subnet_id: str) -> Iterator[Interface]:
    """The interfaces in a subnet."""
    return (each for each in ec2._network_interfaces.values() if each["SubnetId"] == subnet_id)


def in_group(group_id: str) -> Iterator[Interface]:
    """The interfaces that a security group applies to."""
    return (
        each
        for each in ec2._network_interfaces.values()
        if any(group["GroupId"] == group_id for group in each["Groups"])
    )


def _named(group_id: str) -> dict[str, str]:
    return {"GroupId": group_id, "GroupName": ec2._security_groups[group_id]["GroupName"]}


def _free_address(subnet_id: str) -> str:
    network = ipaddress.ip_network(ec2._subnets[subnet_id]["CidrBlock"], strict=False)
    taken = {each["PrivateIpAddress"] for each in in_subnet(subnet_id)}
    first = int(network.network_address) + _RESERVED
    addresses = (str(ipaddress.ip_address(number)) for number in range(first, int(network.broadcast_address)))
    return next(address for address in addresses if address not in taken)
