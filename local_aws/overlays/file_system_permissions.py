"""What a caller of EFS needs: permissions on the file system, and on the interface of a mount target.

ministack asks for `file-system/*` where AWS asks for the file system of the mount target, and for `*` where
a request names the file system. Deleting a mount target takes `ec2:DeleteNetworkInterface` besides.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html
https://docs.aws.amazon.com/efs/latest/ug/API_DeleteMountTarget.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id, get_region
from ministack.services import efs

from local_aws import enforcement

HOOKS = (
    "ministack.app:SERVICE_HANDLERS",
    "ministack.core.iam_actions:extract_resource_arn",
    "ministack.core.router:extract_access_key_id",
    "ministack.services.efs:_error",
    "ministack.services.efs:_mount_targets",
)

_SERVICE = "elasticfilesystem"
_MOUNT_TARGET = re.compile(r".*/mount-targets/(?P<id>[^/]+)(/security-groups)?")


def install() -> None:
    """Put this overlay in place."""
    iam_actions.extract_resource_arn = _named_file_system(iam_actions.extract_resource_arn)
    app.SERVICE_HANDLERS[_SERVICE] = _with_interface_check(app.SERVICE_HANDLERS[_SERVICE])


def _named_file_system(original: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        named = _file_system_of(path, body, query_params) if service == _SERVICE else None
        if named is None:
            return original(service, method, path, headers, body, query_params, region, account_id)
        return f"arn:aws:elasticfilesystem:{region}:{account_id}:file-system/{named.rpartition('/')[2]}"

    return extract_resource_arn


def _file_system_of(path: str, body: bytes, query_params: Mapping[str, Any]) -> str | None:
    """The file system that a request names, itself or by one of its mount targets."""
    target = _MOUNT_TARGET.fullmatch(path)
    target_id = target["id"] if target else _first(query_params.get("MountTargetId"))
    if target_id in efs._mount_targets:
        return str(efs._mount_targets[target_id]["FileSystemId"])
    asked = _first(query_params.get("FileSystemId"))
    if asked is not None or not path.endswith("/mount-targets"):
        return asked
    try:
        return str(json.loads(body or b"{}")["FileSystemId"])
    except (ValueError, KeyError, TypeError):
        return None


def _first(value: Any) -> str | None:
    return value[0] if isinstance(value, list) and value else value or None


def _with_interface_check(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        target = _MOUNT_TARGET.fullmatch(path) if method == "DELETE" else None
        role = enforcement.caller_role(router.extract_access_key_id(headers, query_params) or "")
        if target is not None and target["id"] in efs._mount_targets and role is not None:
            interface = efs._mount_targets[target["id"]]["NetworkInterfaceId"]
            arn = f"arn:aws:ec2:{get_region()}:{get_account_id()}:network-interface/{interface}"
            try:
                enforcement.require(role, "ec2:DeleteNetworkInterface", arn)
            except enforcement.AccessDenied as error:
                return efs._error(403, "AccessDeniedException", str(error))
        return await original(method, path, headers, body, query_params)

    return handle_request
