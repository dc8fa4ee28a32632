"""Spaces: storage and settings in which apps run, of one user or shared in the domain."""

from typing import Any

from ministack.core.responses import get_region

from local_aws.sagemaker import listing, model, store, transitions
from local_aws.sagemaker.kinds import DOMAIN, SPACE
from local_aws.sagemaker.rules import studio as rules
from local_aws.sagemaker.store import Record
from local_aws.sagemaker.studio import domains


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateSpace."""
    with store.lock:
        domain = store.get(DOMAIN, params["DomainId"])
        rules.check_space(domain, params)
        fields = {
            **params,
            "Status": "Pending",
            "HomeEfsFileSystemUid": domains.next_uid(domain),
            "Url": f"https://{domain['DomainId']}.studio.{get_region()}.sagemaker.aws/jupyterlab/default",
        }
        record = store.create(SPACE, _key(params), fields)
    transitions.begin(settle, record)
    return {"SpaceArn": record["SpaceArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeSpace."""
    return model.answer("DescribeSpace", store.get(SPACE, _key(params)))


def update(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateSpace: settings that are given replace those of the same name, one level deep."""
    with store.lock:
        record = store.get(SPACE, _key(params))
        rules.is_in_service(SPACE, record)
        given = params.get("SpaceSettings", {})
        rules.check_settings(given, store.get(DOMAIN, params["DomainId"])["VpcId"])
        fields = {name: params[name] for name in ("SpaceDisplayName",) if name in params}
        settings = {**record.get("SpaceSettings", {}), **given}
        store.update(record, Status="Updating", SpaceSettings=settings, **fields)
    transitions.begin(settle, record)
    return {"SpaceArn": record["SpaceArn"]}


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteSpace: refused while apps are in it."""
    with store.lock:
        record = store.get(SPACE, _key(params))
        rules.space_is_unused(record)
        store.update(record, Status="Deleting")
    transitions.begin(settle, record)
    return {}


def list_spaces(params: dict[str, Any]) -> dict[str, Any]:
    """ListSpaces."""

    def wanted(record: Record) -> bool:
        in_domain = params.get("DomainIdEquals", record["DomainId"]) == record["DomainId"]
        return in_domain and params.get("SpaceNameContains", "") in record["SpaceName"]

    return listing.answer(SPACE, params, wanted, _summary)


def settle(record: Record) -> None:
    """Bring a space from the passing state that it is in to the one that follows."""
    if record["Status"] == "Deleting":
        store.remove(SPACE, _key(record))
    elif record["Status"] in ("Pending", "Updating"):
        store.update(record, Status="InService")


def _summary(record: Record) -> Record:
    """A space with the summaries that a list shows of its settings."""
    shown = dict(record)
    if "SpaceSettings" in record:
        members = ("AppType", "RemoteAccess", "SpaceStorageSettings")
        settings = {
            name: record["SpaceSettings"][name] for name in members if name in record["SpaceSettings"]
        }
        shown["SpaceSettingsSummary"] = settings
    if "OwnershipSettings" in record:
        shown["OwnershipSettingsSummary"] = record["OwnershipSettings"]
        shown["SpaceSharingSettingsSummary"] = record["SpaceSharingSettings"]
    return shown


def _key(params: dict[str, Any]) -> str:
    return str(SPACE.key(params))
