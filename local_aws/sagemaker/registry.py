"""The Model Registry: model package groups and their versions.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry.html
"""

from typing import Any

from local_aws.sagemaker import events, listing, model, store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.kinds import MODEL_PACKAGE, MODEL_PACKAGE_GROUP
from local_aws.sagemaker.rules import registry as rules
from local_aws.sagemaker.store import Record

_UPDATED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)


def create_group(params: dict[str, Any]) -> dict[str, Any]:
    """CreateModelPackageGroup."""
    fields = {**params, "ModelPackageGroupStatus": "Completed", "CreatedBy": {}, "_last_version": 0}
    record = store.create(MODEL_PACKAGE_GROUP, params["ModelPackageGroupName"], fields)
    return {"ModelPackageGroupArn": record["ModelPackageGroupArn"]}


def describe_group(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeModelPackageGroup."""
    return model.answer("DescribeModelPackageGroup", _group(params["ModelPackageGroupName"]))


def delete_group(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteModelPackageGroup; its versions must be deleted before."""
    group = _group(params["ModelPackageGroupName"])["ModelPackageGroupName"]
    rules.group_is_empty(group)
    store.remove(MODEL_PACKAGE_GROUP, group)
    return {}


def list_groups(params: dict[str, Any]) -> dict[str, Any]:
    """ListModelPackageGroups."""
    return listing.answer(MODEL_PACKAGE_GROUP, params)


def create_package(params: dict[str, Any]) -> dict[str, Any]:
    """CreateModelPackage: the group's next version."""
    rules.check_model_package({**params, "ModelPackageGroupName": _group_name(params)})
    group = _group(_group_name(params))
    with store.lock:
        group["_last_version"] += 1
        version = group["_last_version"]
    name = group["ModelPackageGroupName"]
    fields = {
        "ModelApprovalStatus": "PendingManualApproval",
        "CertifyForMarketplace": False,
        **params,
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreatedBy": {},
    }
    record = store.create(MODEL_PACKAGE, f"{name}/{version}", fields)
    del record["ModelPackageName"]
    _tell(record, [])
    return {"ModelPackageArn": record["ModelPackageArn"]}


def describe_package(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeModelPackage."""
    return model.answer("DescribeModelPackage", _package(params["ModelPackageName"]))


def update_package(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateModelPackage: approval, and what may change of a version."""
    record = _package(params["ModelPackageArn"])
    fields = {name: params[name] for name in _UPDATED if name in params}
    metadata = {
        **record.get("CustomerMetadataProperties", {}),
        **params.get("CustomerMetadataProperties", {}),
    }
    for key in params.get("CustomerMetadataPropertiesToRemove", []):
        metadata.pop(key, None)
    if metadata != record.get("CustomerMetadataProperties", {}):
        fields["CustomerMetadataProperties"] = metadata
    added = params.get("AdditionalInferenceSpecificationsToAdd")
    if added:
        fields["AdditionalInferenceSpecifications"] = [
            *record.get("AdditionalInferenceSpecifications", []),
            *added,
        ]
    store.update(record, LastModifiedBy={}, **fields)
    _tell(record, list(fields))
    return {"ModelPackageArn": record["ModelPackageArn"]}


def delete_package(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteModelPackage; its version number isn't given again."""
    record = _package(params["ModelPackageName"])
    store.remove(MODEL_PACKAGE, _key(record["ModelPackageArn"]))
    return {}


def list_packages(params: dict[str, Any]) -> dict[str, Any]:
    """ListModelPackages."""
    group = (
        _group(_group_name(params))["ModelPackageGroupName"] if "ModelPackageGroupName" in params else None
    )
    approval = params.get("ModelApprovalStatus")

    def wanted(record: Record) -> bool:
        in_group = group is None or record["ModelPackageGroupName"] == group
        return in_group and (approval is None or record["ModelApprovalStatus"] == approval)

    # Without a group, AWS lists unversioned packages only, unless asked otherwise.
    if group is None and params.get("ModelPackageType", "Unversioned") == "Unversioned":
        return {"ModelPackageSummaryList": []}
    return listing.answer(MODEL_PACKAGE, params, wanted)


def _tell(record: Record, updated: list[str]) -> None:
    events.state_changed(MODEL_PACKAGE, record, UpdatedModelPackageFields=updated)


def _group_name(params: dict[str, Any]) -> str:
    return str(params.get("ModelPackageGroupName", "")).rpartition("/")[2]


def _group(name_or_arn: str) -> Record:
    return store.get(MODEL_PACKAGE_GROUP, name_or_arn.rpartition("/")[2])


def _package(name_or_arn: str) -> Record:
    record = store.find(MODEL_PACKAGE, _key(name_or_arn))
    if record is None:
        arn = name_or_arn if name_or_arn.startswith("arn:") else MODEL_PACKAGE.arn(name_or_arn)
        raise validation_error(f"ModelPackage {arn} does not exist.")
    return record


def _key(name_or_arn: str) -> str:
    """A version's name in the store, `<group>/<version>`."""
    return name_or_arn.partition("/")[2] if name_or_arn.startswith("arn:") else name_or_arn
