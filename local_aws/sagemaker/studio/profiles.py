"""User profiles: a person in a domain, with settings that go before the domain's."""

from typing import Any

from local_aws.sagemaker import listing, model, store, transitions
from local_aws.sagemaker.kinds import DOMAIN, USER_PROFILE
from local_aws.sagemaker.rules import studio as rules
from local_aws.sagemaker.store import Record
from local_aws.sagemaker.studio import domains


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateUserProfile."""
    with store.lock:
        domain = store.get(DOMAIN, params["DomainId"])
        rules.check_sign_on(domain, params)
        rules.check_user_profile(domain, params)
        fields = {**params, "Status": "Pending", "HomeEfsFileSystemUid": domains.next_uid(domain)}
        record = store.create(USER_PROFILE, _key(params), fields)
    transitions.begin(settle, record)
    return {"UserProfileArn": record["UserProfileArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeUserProfile."""
    return model.answer("DescribeUserProfile", store.get(USER_PROFILE, _key(params)))


def update(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateUserProfile: settings that are given replace those of the same name, one level deep."""
    with store.lock:
        record = store.get(USER_PROFILE, _key(params))
        rules.is_in_service(USER_PROFILE, record)
        rules.check_user_profile(store.get(DOMAIN, params["DomainId"]), params)
        settings = {**record.get("UserSettings", {}), **params.get("UserSettings", {})}
        store.update(record, Status="Updating", UserSettings=settings)
    transitions.begin(settle, record)
    return {"UserProfileArn": record["UserProfileArn"]}


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteUserProfile: refused while apps or spaces are the user's."""
    with store.lock:
        record = store.get(USER_PROFILE, _key(params))
        rules.profile_is_unused(record)
        store.update(record, Status="Deleting")
    transitions.begin(settle, record)
    return {}


def list_profiles(params: dict[str, Any]) -> dict[str, Any]:
    """ListUserProfiles."""

    def wanted(record: Record) -> bool:
        in_domain = params.get("DomainIdEquals", record["DomainId"]) == record["DomainId"]
        return in_domain and params.get("UserProfileNameContains", "") in record["UserProfileName"]

    return listing.answer(USER_PROFILE, params, wanted)


def settle(record: Record) -> None:
    """Bring a profile from the passing state that it is in to the one that follows."""
    if record["Status"] == "Deleting":
        store.remove(USER_PROFILE, _key(record))
    elif record["Status"] in ("Pending", "Updating"):
        store.update(record, Status="InService")


def _key(params: dict[str, Any]) -> str:
    return str(USER_PROFILE.key(params))
