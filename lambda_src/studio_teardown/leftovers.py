"""What SageMaker leaves when a domain is deleted, and what so holds the subnets: the file system's mount
targets, the file system, and the two security groups for its traffic.

https://docs.aws.amazon.com/sagemaker/latest/dg/gs-studio-delete-domain.html
"""

from dataclasses import dataclass
from typing import Any

from .deletion import attempt

OWNER_TAG = "ManagedByAmazonSageMakerResource"
"""What SageMaker tags its file systems and security groups with; the value is the domain's ARN.
https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol-notebooks.html"""


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """Looks at what a deleted domain left and deletes what can be deleted now; repeating it is safe.

    Each method returns what is left to wait for, in words, and nothing when all is gone.
    """

    efs: Any
    ec2: Any

    def sweep_file_system(self, file_system_id: str, *, keep: bool) -> list[str]:
        """Delete a file system's mount targets and then, unless it is kept, the file system."""
        try:
            return self._sweep_mount_targets(file_system_id) or (
                [] if keep else self._delete_file_system(file_system_id)
            )
        except self.efs.exceptions.FileSystemNotFound:
            return []

    def sweep_security_groups(self, domain_arn: str) -> list[str]:
        """Delete the groups that SageMaker made for a domain; first their rules, which name each other."""
        tag = {"Name": f"tag:{OWNER_TAG}", "Values": [domain_arn]}
        pages = self.ec2.get_paginator("describe_security_groups").paginate(Filters=[tag])
        groups = [group for page in pages for group in page["SecurityGroups"]]
        left = []
        for group in groups:
            left += self._revoke(group)
        for group in groups:
            name = f"security group {group['GroupName']}"
            left.append(attempt(name, self.ec2.delete_security_group, GroupId=group["GroupId"]))
        return left

    def _sweep_mount_targets(self, file_system_id: str) -> list[str]:
        pages = self.efs.get_paginator("describe_mount_targets").paginate(FileSystemId=file_system_id)
        left = []
        for target in [target for page in pages for target in page["MountTargets"]]:
            name = target["MountTargetId"]
            if target["LifeCycleState"] in {"creating", "deleting", "updating"}:
                left.append(f"mount target {name} is {target['LifeCycleState']}")
            else:
                left.append(attempt(f"mount target {name}", self.efs.delete_mount_target, MountTargetId=name))
        return left

    def _delete_file_system(self, file_system_id: str) -> list[str]:
        [described] = self.efs.describe_file_systems(FileSystemId=file_system_id)["FileSystems"]
        if described["LifeCycleState"] in {"deleting", "deleted"}:
            return [f"file system {file_system_id} is going"]
        delete = self.efs.delete_file_system
        return [attempt(f"file system {file_system_id}", delete, FileSystemId=file_system_id)]

    def _revoke(self, group: dict[str, Any]) -> list[str]:
        ways = {
            "IpPermissions": self.ec2.revoke_security_group_ingress,
            "IpPermissionsEgress": self.ec2.revoke_security_group_egress,
        }
        name, identifier = group["GroupName"], group["GroupId"]
        return [
            attempt(f"rules of {name}", revoke, GroupId=identifier, IpPermissions=group[rules])
            for rules, revoke in ways.items()
            if group[rules]
        ]
