"""A mount target that is deleted is `deleting` for a while, with its network interface in place.

Until it is gone, its file system, its subnet and its security groups can't be deleted. ministack deletes it
at once, so that a caller who does not wait would never be found out. CloudFormation waits, as on AWS.
https://docs.aws.amazon.com/efs/latest/ug/API_DeleteMountTarget.html
"""

import time
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.services import efs
from ministack.services.cloudformation import provisioners

HOOKS = (
    "ministack.core.concurrency:spawn_background",
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
    "ministack.services.efs:_delete_mount_target",
    "ministack.services.efs:_json",
    "ministack.services.efs:_mount_targets",
)

_TYPE = "AWS::EFS::MountTarget"
# Long enough for a second look, also on a busy machine.
_SECONDS = 1.0


def install() -> None:
    """Put this overlay in place."""
    delete_at_once = efs._delete_mount_target

    def delete_mount_target(target_id: str) -> Any:
        target = efs._mount_targets.get(target_id)
        if target is None:
            return delete_at_once(target_id)
        target["LifeCycleState"] = "deleting"
        spawn_background(delete_later, target_id, thread_name="efs-mount-target")
        return efs._json(204, {})

    def delete_later(target_id: str) -> None:
        time.sleep(_SECONDS)
        delete_at_once(target_id)

    def delete_in_stack(target_id: str, _properties: dict[str, Any]) -> None:
        delete_at_once(target_id)

    efs._delete_mount_target = delete_mount_target
    provisioners._RESOURCE_HANDLERS[_TYPE]["delete"] = delete_in_stack
