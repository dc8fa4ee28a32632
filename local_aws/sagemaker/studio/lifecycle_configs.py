"""Studio's lifecycle configurations: scripts kept under a name. No app runs them here."""

from typing import Any

from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.kinds import STUDIO_LIFECYCLE_CONFIG
from local_aws.sagemaker.rules import studio as rules
from local_aws.sagemaker.store import Record


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateStudioLifecycleConfig."""
    rules.content_is_base64(params["StudioLifecycleConfigContent"])
    record = store.create(STUDIO_LIFECYCLE_CONFIG, params["StudioLifecycleConfigName"], params)
    return {"StudioLifecycleConfigArn": record["StudioLifecycleConfigArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeStudioLifecycleConfig."""
    return model.answer("DescribeStudioLifecycleConfig", _record(params))


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteStudioLifecycleConfig: refused while settings or apps name it."""
    with store.lock:
        rules.lifecycle_config_is_unused(_record(params))
        store.remove(STUDIO_LIFECYCLE_CONFIG, params["StudioLifecycleConfigName"])
    return {}


def list_configs(params: dict[str, Any]) -> dict[str, Any]:
    """ListStudioLifecycleConfigs."""
    # The other lists spell these two differently.
    renamed = {name.replace("Modified", "LastModified"): value for name, value in params.items()}

    def wanted(record: Record) -> bool:
        kind = record["StudioLifecycleConfigAppType"]
        return bool(params.get("AppTypeEquals", kind) == kind)

    return listing.answer(STUDIO_LIFECYCLE_CONFIG, {**params, **renamed}, wanted)


def _record(params: dict[str, Any]) -> Record:
    return store.get(STUDIO_LIFECYCLE_CONFIG, params["StudioLifecycleConfigName"])
