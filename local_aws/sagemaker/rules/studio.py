"""Rules for Studio that the service model doesn't hold.

Where AWS documents a rule and not its text, the text is ours.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDomain.html
https://docs.aws.amazon.com/sagemaker/latest/dg/gs-studio-delete-domain.html
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from ministack.services import ec2, kms

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import ServiceError, resource_in_use, validation_error
from local_aws.sagemaker.kinds import APP, DOMAIN, SPACE, STUDIO_LIFECYCLE_CONFIG, USER_PROFILE, Kind
from local_aws.sagemaker.rules import shared
from local_aws.sagemaker.store import Record

HOOKS = (
    "ministack.services.ec2:_security_groups",
    "ministack.services.ec2:_subnets",
    "ministack.services.kms:_resolve_key",
)

# Types of app that run in a space; the others run for a user profile.
SPACE_APPS = ("JupyterLab", "CodeEditor")
_DEFAULT_NAMED_APPS = (*SPACE_APPS, "JupyterServer", "Canvas")
_ENDED = ("Deleted", "Failed")


def check_domain(params: dict[str, Any]) -> None:
    """Every rule for CreateDomain."""
    for member in ("VpcId", "SubnetIds"):
        if not params.get(member):
            raise validation_error(f"{member} must be specified: the domain's file system is in the VPC.")
    network_exists(params["VpcId"], params["SubnetIds"])
    key_is_enabled(params.get("KmsKeyId") or params.get("HomeEfsFileSystemKmsKeyId"))
    settings = params["DefaultUserSettings"]
    if not settings.get("ExecutionRole"):
        raise validation_error("DefaultUserSettings.ExecutionRole must be specified.")
    if params.get("AppNetworkAccessType") == "VpcOnly":
        vpc_only_has_groups(settings)
    check_settings(settings, params["VpcId"])
    check_settings(params.get("DefaultSpaceSettings", {}), params["VpcId"])


def check_domain_update(domain: Record, params: dict[str, Any]) -> None:
    """Every rule for UpdateDomain."""
    wanted = {**domain, **params}
    network_exists(domain["VpcId"], wanted["SubnetIds"])
    moves = (
        not set(domain["SubnetIds"]) <= set(wanted["SubnetIds"])
        or wanted["AppNetworkAccessType"] != domain["AppNetworkAccessType"]
    )
    if moves and any(_is_running(app) for app in _within(APP, domain["DomainId"])):
        raise resource_in_use(
            "Subnets can be removed, and AppNetworkAccessType can be changed, only while no app of the "
            "domain is InService, Pending or Deleting."
        )
    if wanted["AppNetworkAccessType"] == "VpcOnly":
        vpc_only_has_groups({**domain["DefaultUserSettings"], **wanted["DefaultUserSettings"]})
    check_settings(wanted["DefaultUserSettings"], domain["VpcId"])
    check_settings(wanted.get("DefaultSpaceSettings", {}), domain["VpcId"])


def check_user_profile(domain: Record, params: dict[str, Any]) -> None:
    """Every rule for CreateUserProfile and UpdateUserProfile."""
    is_in_service(DOMAIN, domain)
    check_settings(params.get("UserSettings", {}), domain["VpcId"])


def check_sign_on(domain: Record, params: dict[str, Any]) -> None:
    """A profile names a user of IAM Identity Center exactly if the domain signs users on by it."""
    members = ("SingleSignOnUserIdentifier", "SingleSignOnUserValue")
    given = [member for member in members if member in params]
    if domain["AuthMode"] == "SSO" and len(given) < len(members):
        raise validation_error(f"{' and '.join(members)} must be specified: the domain's AuthMode is SSO.")
    if domain["AuthMode"] != "SSO" and given:
        raise validation_error(f"{given[0]} can't be specified: the domain's AuthMode is IAM.")


def check_space(domain: Record, params: dict[str, Any]) -> None:
    """Every rule for CreateSpace."""
    is_in_service(DOMAIN, domain)
    check_settings(params.get("SpaceSettings", {}), domain["VpcId"])
    owner, sharing = params.get("OwnershipSettings"), params.get("SpaceSharingSettings")
    if (owner is None) != (sharing is None):
        raise validation_error("OwnershipSettings and SpaceSharingSettings must be specified together.")
    if owner is not None:
        store.get(USER_PROFILE, f"{domain['DomainId']}/{owner['OwnerUserProfileName']}")
    elif "DefaultSpaceSettings" not in domain:
        raise validation_error(
            "DefaultSpaceSettings must be specified for the domain: a shared space uses its ExecutionRole."
        )


def check_app(owner_kind: Kind, owner: Record, params: dict[str, Any]) -> None:
    """Every rule for CreateApp on the space or the profile that is to own the app."""
    is_in_service(owner_kind, owner)
    kind, name = params["AppType"], params["AppName"]
    if kind in SPACE_APPS and owner_kind is not SPACE:
        raise validation_error(f"Apps of type {kind} run in a space: specify SpaceName.")
    if kind in _DEFAULT_NAMED_APPS and name != "default":
        raise validation_error(f"The AppName of an app of type {kind} must be default.")
    wanted = owner.get("SpaceSettings", {}).get("AppType") if owner_kind is SPACE else None
    if wanted is not None and wanted != kind:
        raise validation_error(f"Space {owner['SpaceName']} takes apps of type {wanted} only.")
    check_settings({"Spec": params.get("ResourceSpec", {})}, None)


def check_settings(settings: dict[str, Any], vpc_id: str | None) -> None:
    """Roles can be assumed, groups are in the VPC, and lifecycle configurations exist."""
    if "ExecutionRole" in settings:
        shared.role_can_be_assumed(settings["ExecutionRole"])
    for group in settings.get("SecurityGroups", []):
        found = ec2._security_groups.get(group)
        if found is None or found["VpcId"] != vpc_id:
            raise validation_error(f"The security group '{group}' does not exist in {vpc_id}.")
    for arn in lifecycle_configs_in(settings):
        store.get(STUDIO_LIFECYCLE_CONFIG, arn.rpartition("/")[2])


def lifecycle_configs_in(settings: Any) -> Iterator[str]:
    """The ARNs of all lifecycle configurations that settings name, at any depth."""
    if isinstance(settings, list):
        for part in settings:
            yield from lifecycle_configs_in(part)
    if not isinstance(settings, dict):
        return
    for name, part in settings.items():
        if name == "LifecycleConfigArn":
            yield part
        elif name == "LifecycleConfigArns":
            yield from part
        else:
            yield from lifecycle_configs_in(part)


def network_exists(vpc_id: str, subnets: list[str]) -> None:
    """The subnets are there, in the VPC."""
    for subnet in subnets:
        found = ec2._subnets.get(subnet)
        if found is None or found["VpcId"] != vpc_id:
            raise validation_error(f"The subnet ID '{subnet}' does not exist in {vpc_id}.")


def key_is_enabled(key_id: str | None) -> None:
    """A customer's key exists and can be used."""
    if key_id is None:
        return
    key = kms._resolve_key(key_id)
    if key is None or key["KeyState"] != "Enabled":
        raise validation_error(f"The KMS key {key_id} does not exist or is not enabled.")


def vpc_only_has_groups(settings: dict[str, Any]) -> None:
    """Without SageMaker's own VPC, apps need security groups of the customer's."""
    if not settings.get("SecurityGroups"):
        raise validation_error(
            "DefaultUserSettings.SecurityGroups must be specified when AppNetworkAccessType is VpcOnly."
        )


def content_is_base64(content: str) -> None:
    """A lifecycle configuration's script is base64."""
    try:
        base64.b64decode(content, validate=True)
    except binascii.Error:
        raise validation_error("The content of a lifecycle configuration must be base64 encoded.") from None


def is_in_service(kind: Kind, record: Record) -> None:
    """Nothing can be added to what is being made, changed or deleted."""
    if record["Status"] != "InService":
        raise validation_error(
            f"{kind.name} [{record[f'{kind.name}Arn']}] is in status {record['Status']}; it must be "
            "InService."
        )


def domain_is_empty(domain: Record) -> None:
    """A domain can be deleted when its profiles and spaces are."""
    for kind in (USER_PROFILE, SPACE):
        if next(_within(kind, domain["DomainId"]), None) is not None:
            raise _associated(DOMAIN, domain, kind)


def profile_is_unused(profile: Record) -> None:
    """A profile can be deleted when its apps and its spaces are."""
    domain_id, name = profile["DomainId"], profile["UserProfileName"]
    if any(app.get("UserProfileName") == name and _holds(app) for app in _within(APP, domain_id)):
        raise _associated(USER_PROFILE, profile, APP)
    spaces = _within(SPACE, domain_id)
    if any(space.get("OwnershipSettings", {}).get("OwnerUserProfileName") == name for space in spaces):
        raise _associated(USER_PROFILE, profile, SPACE)


def space_is_unused(space: Record) -> None:
    """A space can be deleted when its apps are."""
    apps = _within(APP, space["DomainId"])
    if any(app.get("SpaceName") == space["SpaceName"] and _holds(app) for app in apps):
        raise _associated(SPACE, space, APP)


def lifecycle_config_is_unused(record: Record) -> None:
    """No settings and no running app may name a configuration that is deleted."""
    arn = record["StudioLifecycleConfigArn"]
    settings = [
        *((DOMAIN, each, ("DefaultUserSettings", "DefaultSpaceSettings")) for each in store.records(DOMAIN)),
        *((USER_PROFILE, each, ("UserSettings",)) for each in store.records(USER_PROFILE)),
        *((SPACE, each, ("SpaceSettings",)) for each in store.records(SPACE)),
        *((APP, each, ("ResourceSpec",)) for each in store.records(APP) if _holds(each)),
    ]
    for kind, user, members in settings:
        if any(arn in lifecycle_configs_in(user.get(member, {})) for member in members):
            raise _associated(STUDIO_LIFECYCLE_CONFIG, record, kind)


def _associated(kind: Kind, record: Record, by: Kind) -> ServiceError:
    arn = record[f"{kind.name}Arn"]
    return resource_in_use(
        f"Unable to delete {kind.name} [{arn}] because {by.name}(s) are associated with it."
    )


def _within(kind: Kind, domain_id: str) -> Iterator[Record]:
    return (record for record in store.records(kind) if record["DomainId"] == domain_id)


def _holds(app: Record) -> bool:
    """Whether an app keeps its space or profile from being deleted; a failed one doesn't."""
    return app["Status"] not in _ENDED


def _is_running(app: Record) -> bool:
    return app["Status"] in ("InService", "Pending", "Deleting")
