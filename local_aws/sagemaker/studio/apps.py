"""Apps: what a user opens in Studio. The life of an app is here, the app itself isn't: nothing runs.

A deleted app stays in lists, as Deleted, until its name is used again; on AWS that is a day.
"""

from typing import Any

from local_aws.network import interfaces
from local_aws.sagemaker import listing, model, store, transitions
from local_aws.sagemaker.errors import ServiceError, resource_in_use, validation_error
from local_aws.sagemaker.kinds import APP, DOMAIN, SPACE, USER_PROFILE, Kind
from local_aws.sagemaker.rules import studio as rules
from local_aws.sagemaker.store import Record
from local_aws.sagemaker.studio import home

_DEFAULT_INSTANCE = {"JupyterServer": "system", "Canvas": "system"}
_OTHER_DEFAULT_INSTANCE = "ml.t3.medium"
_ENDED = ("Deleted", "Failed")


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateApp: Pending first, InService a little later."""
    with store.lock:
        domain = store.get(DOMAIN, params["DomainId"])
        kind, owner = _owner(params)
        rules.check_app(kind, owner, params)
        _forget_ended(params)
        spec = {
            "InstanceType": _DEFAULT_INSTANCE.get(params["AppType"], _OTHER_DEFAULT_INSTANCE),
            **_default_spec(domain, kind, owner, params["AppType"]),
            **params.get("ResourceSpec", {}),
        }
        inherited = _inherited_tags(domain, kind, owner)
        tags = {**inherited, **{tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}}
        fields = {
            **params,
            "ResourceSpec": spec,
            "Status": "Pending",
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            "_interface": _interface(domain, kind, owner),
        }
        record = store.create(APP, _key(params), fields)
    transitions.begin(settle, record)
    return {"AppArn": record["AppArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeApp."""
    return model.answer("DescribeApp", store.get(APP, _key(params)))


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteApp: Deleting first, Deleted a little later."""
    with store.lock:
        record = store.get(APP, _key(params))
        if record["Status"] == "Deleted":
            raise APP.not_found(_key(params))
        if record["Status"] != "InService":
            raise _not_ready(record)
        store.update(record, Status="Deleting")
    transitions.begin(settle, record)
    return {}


def list_apps(params: dict[str, Any]) -> dict[str, Any]:
    """ListApps."""
    filters = {
        "DomainIdEquals": "DomainId",
        "UserProfileNameEquals": "UserProfileName",
        "SpaceNameEquals": "SpaceName",
    }

    def wanted(record: Record) -> bool:
        return all(record.get(filters[name]) == params[name] for name in filters if name in params)

    return listing.answer(APP, params, wanted)


def settle(record: Record) -> None:
    """Bring an app from the passing state that it is in to the one that follows."""
    if record["Status"] == "Pending":
        store.update(record, Status="InService")
    elif record["Status"] == "Deleting":
        if record.get("_interface"):
            interfaces.release(record["_interface"])
        store.update(record, Status="Deleted")


def _owner(params: dict[str, Any]) -> tuple[Kind, Record]:
    """The space or the user profile that a request names; exactly one of both."""
    if ("UserProfileName" in params) == ("SpaceName" in params):
        raise validation_error("Exactly one of UserProfileName and SpaceName must be specified.")
    kind = SPACE if "SpaceName" in params else USER_PROFILE
    return kind, store.get(kind, str(kind.key(params)))


def _forget_ended(params: dict[str, Any]) -> None:
    """Free the name of an app that is no more; raises ServiceError if the name is taken."""
    former = store.find(APP, _key(params))
    if former is None:
        return
    if former["Status"] not in _ENDED:
        raise APP.already_exists(_key(params))
    store.remove(APP, _key(params))


def _not_ready(record: Record) -> ServiceError:
    return resource_in_use(
        f"App [{record['AppArn']}] can't be deleted in status {record['Status']}: it must be InService."
    )


def _default_spec(domain: Record, kind: Kind, owner: Record, app_type: str) -> dict[str, Any]:
    """What the settings say of an app's machine: the owner's before the domain's."""
    levels = (
        (domain.get("DefaultSpaceSettings", {}), owner.get("SpaceSettings", {}))
        if kind is SPACE
        else (domain["DefaultUserSettings"], owner.get("UserSettings", {}))
    )
    specs = (level.get(f"{app_type}AppSettings", {}).get("DefaultResourceSpec", {}) for level in levels)
    return {name: value for spec in specs for name, value in spec.items()}


def _inherited_tags(domain: Record, kind: Kind, owner: Record) -> dict[str, str]:
    """Tags of the domain and of the profile or space are added to each app."""
    arns = (domain["DomainArn"], owner[f"{kind.name}Arn"])
    return {key: value for arn in arns for key, value in (store.tags(arn) or {}).items()}


def _interface(domain: Record, kind: Kind, owner: Record) -> str | None:
    """The interface by which an app is in the customer's VPC, if it is."""
    if domain["AppNetworkAccessType"] != "VpcOnly":
        return None
    profile = _profile(domain, kind, owner)
    groups = profile.get("SecurityGroups") or domain["DefaultUserSettings"]["SecurityGroups"]
    return interfaces.create(
        domain["SubnetIds"][0],
        [*groups, *home.outbound_groups(domain)],
        f"[DO NOT DELETE] ENI managed by SageMaker for Studio Domain ({domain['DomainId']})",
        "amazon-sagemaker",
        tags=[{"Key": "ManagedByAmazonSageMakerResource", "Value": domain["DomainArn"]}],
    )


def _profile(domain: Record, kind: Kind, owner: Record) -> dict[str, Any]:
    """The settings of the user whose app it is; a shared space has its domain's."""
    if kind is USER_PROFILE:
        return dict(owner.get("UserSettings", {}))
    user = owner.get("OwnershipSettings", {}).get("OwnerUserProfileName")
    if user is None:
        return dict(domain.get("DefaultSpaceSettings", {}))
    return dict(store.get(USER_PROFILE, f"{domain['DomainId']}/{user}").get("UserSettings", {}))


def _key(params: dict[str, Any]) -> str:
    key = APP.key(params)
    if key is None:
        raise validation_error("One of UserProfileName and SpaceName must be specified.")
    return key
