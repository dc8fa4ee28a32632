"""Lifecycle configurations of notebook instances: scripts kept under a name. No instance runs them here."""

from typing import Any

from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.kinds import NOTEBOOK_LIFECYCLE_CONFIG
from local_aws.sagemaker.rules import notebooks as rules
from local_aws.sagemaker.rules import studio as studio_rules
from local_aws.sagemaker.store import Record

_SCRIPTS = ("OnCreate", "OnStart")


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateNotebookInstanceLifecycleConfig."""
    _check_scripts(params)
    record = store.create(NOTEBOOK_LIFECYCLE_CONFIG, params["NotebookInstanceLifecycleConfigName"], params)
    return {"NotebookInstanceLifecycleConfigArn": record["NotebookInstanceLifecycleConfigArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeNotebookInstanceLifecycleConfig."""
    return model.answer("DescribeNotebookInstanceLifecycleConfig", _record(params))


def update(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateNotebookInstanceLifecycleConfig."""
    _check_scripts(params)
    fields = {name: params[name] for name in _SCRIPTS if name in params}
    store.update(_record(params), **fields)
    return {}


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteNotebookInstanceLifecycleConfig."""
    with store.lock:
        name = _record(params)["NotebookInstanceLifecycleConfigName"]
        rules.lifecycle_config_is_unused(name)
        store.remove(NOTEBOOK_LIFECYCLE_CONFIG, name)
    return {}


def list_configs(params: dict[str, Any]) -> dict[str, Any]:
    """ListNotebookInstanceLifecycleConfigs."""
    return listing.answer(NOTEBOOK_LIFECYCLE_CONFIG, params)


def _check_scripts(params: dict[str, Any]) -> None:
    for name in _SCRIPTS:
        for hook in params.get(name, []):
            studio_rules.content_is_base64(hook.get("Content", ""))


def _record(params: dict[str, Any]) -> Record:
    return store.get(NOTEBOOK_LIFECYCLE_CONFIG, params["NotebookInstanceLifecycleConfigName"])
