"""Domains: where users of Studio live, with a home file system in the customer's VPC."""

import secrets
from typing import Any

from ministack.core.responses import get_region

from local_aws.sagemaker import listing, model, store, transitions
from local_aws.sagemaker.kinds import DOMAIN
from local_aws.sagemaker.rules import studio as rules
from local_aws.sagemaker.store import Record
from local_aws.sagemaker.studio import home

_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID_LENGTH = 12
_UPDATED = (
    "DefaultUserSettings",
    "DefaultSpaceSettings",
    "AppSecurityGroupManagement",
    "AppNetworkAccessType",
    "SubnetIds",
    "TagPropagation",
)
_STEADY = ("InService", "Failed", "Update_Failed", "Delete_Failed")


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateDomain."""
    rules.check_domain(params)
    domain_id = "d-" + "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    key = params.get("KmsKeyId") or params.get("HomeEfsFileSystemKmsKeyId")
    fields = {
        "AppNetworkAccessType": "PublicInternetOnly",
        "HomeEfsFileSystemCreation": "Enabled",
        "TagPropagation": "DISABLED",
        **params,
        **({"KmsKeyId": key, "HomeEfsFileSystemKmsKeyId": key} if key else {}),
        "DomainId": domain_id,
        "Status": "Pending",
        "Url": f"https://{domain_id}.studio.{get_region()}.sagemaker.aws",
        "_next_uid": 200_001,
    }
    record = store.create(DOMAIN, domain_id, fields)
    transitions.begin(settle, record)
    return {"DomainArn": record["DomainArn"], "DomainId": domain_id, "Url": record["Url"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeDomain."""
    return model.answer("DescribeDomain", store.get(DOMAIN, params["DomainId"]))


def update(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateDomain: settings that are given replace those of the same name, one level deep."""
    record = store.get(DOMAIN, params["DomainId"])
    with store.lock:
        rules.is_in_service(DOMAIN, record)
        rules.check_domain_update(record, params)
        fields = {name: params[name] for name in _UPDATED if name in params}
        for name in ("DefaultUserSettings", "DefaultSpaceSettings"):
            if name in fields:
                fields[name] = {**record.get(name, {}), **fields[name]}
        if "DomainSettingsForUpdate" in params:
            settings = {**record.get("DomainSettings", {}), **params["DomainSettingsForUpdate"]}
            fields["DomainSettings"] = settings
        store.update(record, Status="Updating", **fields)
    transitions.begin(settle, record)
    return {"DomainArn": record["DomainArn"]}


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteDomain: refused while profiles or spaces are in it; the home file system stays unless asked."""
    record = store.get(DOMAIN, params["DomainId"])
    with store.lock:
        if record["Status"] not in _STEADY:
            rules.is_in_service(DOMAIN, record)
        rules.domain_is_empty(record)
        retention = params.get("RetentionPolicy", {}).get("HomeEfsFileSystem", "Retain")
        store.update(record, Status="Deleting", _home_goes=retention == "Delete")
    transitions.begin(settle, record)
    return {}


def list_domains(params: dict[str, Any]) -> dict[str, Any]:
    """ListDomains."""
    return listing.answer(DOMAIN, params)


def next_uid(domain: Record) -> str:
    """The next user id on the domain's file system."""
    with store.lock:
        uid = domain["_next_uid"]
        domain["_next_uid"] = uid + 1
    return str(uid)


def settle(record: Record) -> None:
    """Bring a domain from the passing state that it is in to the one that follows."""
    status = record["Status"]
    if status == "Pending":
        if record["HomeEfsFileSystemCreation"] == "Enabled":
            record["HomeEfsFileSystemId"] = home.create(record)
        store.update(record, Status="InService")
    elif status == "Updating":
        store.update(record, Status="InService")
    elif status == "Deleting":
        if record.get("_home_goes") and "HomeEfsFileSystemId" in record:
            home.delete(record["HomeEfsFileSystemId"])
        store.remove(DOMAIN, record["DomainId"])
