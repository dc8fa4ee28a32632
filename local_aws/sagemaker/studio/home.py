"""A domain's home file system: an EFS file system with a mount target in every zone of the domain's subnets.

SageMaker makes it, and two security groups that let NFS through. All of it stays when the domain is deleted,
and holds the VPC, unless the deletion asks for the file system to go too; the groups stay even then.
https://docs.aws.amazon.com/sagemaker/latest/dg/studio-notebooks-and-internet-access.html
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSageMakerNotebooksServiceRolePolicy.html
Which rules the groups have is not documented: these let NFS through and nothing else.
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2, efs, kms

from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.store import Record

HOOKS = (
    "ministack.services.ec2:_new_sg_id",
    "ministack.services.ec2:_security_groups",
    "ministack.services.ec2:_subnets",
    "ministack.services.ec2:_tags",
    "ministack.services.efs:_create_file_system",
    "ministack.services.efs:_create_mount_target",
    "ministack.services.efs:_delete_file_system",
    "ministack.services.efs:_delete_mount_target",
    "ministack.services.efs:_mount_targets",
    "ministack.services.kms:_resolve_key",
)

_TAG = "ManagedByAmazonSageMakerResource"
_NFS_PORT = 2049
_LOOK_SECONDS = 0.05


def create(domain: Record) -> str:
    """Make a domain's file system, its mount targets and its security groups; gives the file system's id."""
    tags = [{"Key": _TAG, "Value": domain["DomainArn"]}]
    encryption = {"KmsKeyId": _key_arn(domain["KmsKeyId"])} if "KmsKeyId" in domain else {}
    request = {"CreationToken": domain["DomainId"], "Encrypted": True, "Tags": tags, **encryption}
    file_system: str = _succeed(efs._create_file_system(request))["FileSystemId"]
    inbound = _create_groups(domain, tags)
    for subnet in _one_in_each_zone(domain["SubnetIds"]):
        target = {"FileSystemId": file_system, "SubnetId": subnet, "SecurityGroups": [inbound]}
        _succeed(efs._create_mount_target(target))
    return file_system


def delete(file_system: str) -> None:
    """Delete a domain's file system with its mount targets; waits for them."""
    for target in _mount_targets(file_system):
        efs._delete_mount_target(target)
    while _mount_targets(file_system):
        time.sleep(_LOOK_SECONDS)
    efs._delete_file_system(file_system)


def _mount_targets(file_system: str) -> list[str]:
    targets = list(efs._mount_targets.values())
    return [each["MountTargetId"] for each in targets if each["FileSystemId"] == file_system]


def outbound_groups(domain: Record) -> list[str]:
    """The group by which the domain's apps reach its file system; none without a file system."""
    name = f"security-group-for-outbound-nfs-{domain['DomainId']}"
    return [each["GroupId"] for each in ec2._security_groups.values() if each["GroupName"] == name]


def _create_groups(domain: Record, tags: list[dict[str, str]]) -> str:
    """The groups of the apps' side and of the mount targets' side; gives the latter's id."""
    outbound, inbound = _create_group("outbound", domain, tags), _create_group("inbound", domain, tags)
    ec2._security_groups[outbound]["IpPermissionsEgress"] = [_nfs(inbound)]
    ec2._security_groups[inbound]["IpPermissions"] = [_nfs(outbound)]
    return inbound


def _create_group(direction: str, domain: Record, tags: list[dict[str, str]]) -> str:
    group_id: str = ec2._new_sg_id()
    name = f"security-group-for-{direction}-nfs-{domain['DomainId']}"
    ec2._security_groups[group_id] = {
        "GroupId": group_id,
        "GroupName": name,
        "Description": f"[DO NOT DELETE] Security Group managed by SageMaker for {direction} NFS traffic",
        "VpcId": domain["VpcId"],
        "OwnerId": get_account_id(),
        "IpPermissions": [],
        "IpPermissionsEgress": [],
    }
    ec2._tags[group_id] = list(tags)
    return group_id


def _nfs(group_id: str) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": _NFS_PORT,
        "ToPort": _NFS_PORT,
        "IpRanges": [],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [{"GroupId": group_id, "UserId": get_account_id()}],
    }


def _one_in_each_zone(subnets: Iterable[str]) -> list[str]:
    """EFS takes one mount target a zone."""
    by_zone: dict[str, str] = {}
    for subnet in subnets:
        by_zone.setdefault(ec2._subnets[subnet]["AvailabilityZone"], subnet)
    return list(by_zone.values())


def _key_arn(key_id: str) -> str:
    key = kms._resolve_key(key_id)
    return str(key["Arn"]) if key else key_id


def _succeed(response: tuple[int, Mapping[str, str], bytes]) -> dict[str, Any]:
    status, _, body = response
    content: dict[str, Any] = json.loads(body)
    if status >= 400:
        raise ServiceError("ValidationException", str(content.get("Message") or content))
    return content
