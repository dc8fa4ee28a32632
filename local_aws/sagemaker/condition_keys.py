"""SageMaker's condition keys: what a request asks for, and whose space it is in.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from collections.abc import Iterator
from typing import Any

from local_aws.sagemaker import store
from local_aws.sagemaker.kinds import SPACE, USER_PROFILE

Keys = dict[str, str | list[str]]

# Members of requests, wherever they are in one, whose values make up a key of several values.
_LISTS = {
    "InstanceType": "sagemaker:InstanceTypes",
    "SecurityGroupIds": "sagemaker:VpcSecurityGroupIds",
    "SecurityGroups": "sagemaker:VpcSecurityGroupIds",
    "SubnetId": "sagemaker:VpcSubnets",
    "SubnetIds": "sagemaker:VpcSubnets",
    "Subnets": "sagemaker:VpcSubnets",
}
# And those of one value.
_SINGLE = {
    "AppNetworkAccessType": "sagemaker:AppNetworkAccessType",
    "DirectInternetAccess": "sagemaker:DirectInternetAccess",
    "EnableInterContainerTrafficEncryption": "sagemaker:InterContainerTrafficEncryption",
    "EnableNetworkIsolation": "sagemaker:NetworkIsolation",
    "ModelApprovalStatus": "sagemaker:ModelApprovalStatus",
    "RootAccess": "sagemaker:RootAccess",
    "VolumeKmsKeyId": "sagemaker:VolumeKmsKey",
}
_OUTPUTS = ("OutputDataConfig", "ProcessingOutputConfig", "TransformOutput")
# KmsKeyId at the top of these requests is the key of a volume.
_VOLUME_KEY_OPERATIONS = ("CreateNotebookInstance", "CreateEndpointConfig", "CreateDomain")
_OF_A_SPACE = ("Space", "App")


def of(operation: str, params: dict[str, Any]) -> Keys:
    """The keys of a request, by name."""
    keys: Keys = dict(_single_values(params))
    for name, value in _list_values(params):
        held = keys.setdefault(name, [])
        if isinstance(held, list) and value not in held:
            held.append(value)
    for member in _OUTPUTS:
        key = _part(params, member).get("KmsKeyId")
        if isinstance(key, str):
            keys["sagemaker:OutputKmsKey"] = key
    if operation in _VOLUME_KEY_OPERATIONS and isinstance(params.get("KmsKeyId"), str):
        keys["sagemaker:VolumeKmsKey"] = params["KmsKeyId"]
    if operation.endswith(_OF_A_SPACE):
        keys.update(_ownership(params))
    return keys


def of_studio_session(role_arn: str) -> Keys:
    """The keys that Studio gives a user's session: here, those of the one profile that has the role."""
    profiles = [
        each
        for each in store.records(USER_PROFILE)
        if each.get("UserSettings", {}).get("ExecutionRole") == role_arn
    ]
    if len(profiles) != 1:
        return {}
    return {
        "sagemaker:DomainId": profiles[0]["DomainId"],
        "sagemaker:UserProfileName": profiles[0]["UserProfileName"],
    }


def _ownership(params: dict[str, Any]) -> Keys:
    """Who owns the space that a request makes or names, and whether it is shared."""
    space = params
    if "OwnershipSettings" not in params:
        key = SPACE.key(params)
        space = store.find(SPACE, key) or {} if key is not None else {}
    keys: Keys = {}
    owner = _part(space, "OwnershipSettings").get("OwnerUserProfileName")
    sharing = _part(space, "SpaceSharingSettings").get("SharingType")
    if isinstance(owner, str):
        keys["sagemaker:OwnerUserProfileArn"] = USER_PROFILE.arn(f"{params.get('DomainId')}/{owner}")
    if isinstance(sharing, str):
        keys["sagemaker:SpaceSharingType"] = sharing
    return keys


def _single_values(part: Any) -> Iterator[tuple[str, str]]:
    for member, value in _members(part):
        if member in _SINGLE and isinstance(value, str | bool):
            yield _SINGLE[member], str(value).lower() if isinstance(value, bool) else value


def _list_values(part: Any) -> Iterator[tuple[str, str]]:
    for member, value in _members(part):
        if member in _LISTS:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str):
                    yield _LISTS[member], each


def _members(part: Any) -> Iterator[tuple[str, Any]]:
    """Every member of a request, at any depth."""
    if isinstance(part, list):
        for each in part:
            yield from _members(each)
    if isinstance(part, dict):
        for member, value in part.items():
            yield member, value
            yield from _members(value)


def _part(params: dict[str, Any], member: str) -> dict[str, Any]:
    found = params.get(member)
    return found if isinstance(found, dict) else {}
