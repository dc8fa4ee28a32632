"""Notebook instances: their states, and the interface that each has in its subnet from first to last."""

import secrets
from typing import Any

from ministack.core.responses import get_region
from ministack.services import ec2

from local_aws.network import interfaces
from local_aws.sagemaker import events, listing, model, store, transitions
from local_aws.sagemaker.kinds import NOTEBOOK_INSTANCE
from local_aws.sagemaker.rules import notebooks as rules
from local_aws.sagemaker.store import Record

HOOKS = ("ministack.services.ec2:_vpcs",)

_DEFAULTS = {
    "DirectInternetAccess": "Enabled",
    "RootAccess": "Enabled",
    "VolumeSizeInGB": 5,
    "PlatformIdentifier": "notebook-al2023-v1",
    "IpAddressType": "ipv4",
}
_UPDATED = (
    "InstanceType",
    "IpAddressType",
    "PlatformIdentifier",
    "RoleArn",
    "VolumeSizeInGB",
    "DefaultCodeRepository",
    "AdditionalCodeRepositories",
    "AcceleratorTypes",
    "RootAccess",
    "InstanceMetadataServiceConfiguration",
)
_DISASSOCIATED = {
    "DisassociateLifecycleConfig": "NotebookInstanceLifecycleConfigName",
    "DisassociateDefaultCodeRepository": "DefaultCodeRepository",
    "DisassociateAdditionalCodeRepositories": "AdditionalCodeRepositories",
    "DisassociateAcceleratorTypes": "AcceleratorTypes",
}
_STOPPED = ("Stopped", "Failed")
_FOLLOWING = {"Pending": "InService", "Stopping": "Stopped", "Updating": "Stopped"}


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateNotebookInstance: Pending first, InService a little later."""
    rules.check_instance(params)
    name = params["NotebookInstanceName"]
    with store.lock:
        if store.find(NOTEBOOK_INSTANCE, name) is not None:
            raise NOTEBOOK_INSTANCE.already_exists(name)
        fields = {**_DEFAULTS, **params, "NotebookInstanceStatus": "Pending", **_network(name, params)}
        fields["Url"] = f"{name}-{secrets.token_hex(2)}.notebook.{get_region()}.sagemaker.aws"
        if "LifecycleConfigName" in fields:
            fields["NotebookInstanceLifecycleConfigName"] = fields.pop("LifecycleConfigName")
        record = store.create(NOTEBOOK_INSTANCE, name, fields)
    _begin(record)
    return {"NotebookInstanceArn": record["NotebookInstanceArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeNotebookInstance."""
    return model.answer("DescribeNotebookInstance", _record(params))


def start(params: dict[str, Any]) -> dict[str, Any]:
    """StartNotebookInstance."""
    _change(params, _STOPPED, "Pending")
    return {}


def stop(params: dict[str, Any]) -> dict[str, Any]:
    """StopNotebookInstance."""
    _change(params, ("InService",), "Stopping")
    return {}


def update(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateNotebookInstance: of a stopped instance only."""
    rules.check_update(params)
    fields: dict[str, Any] = {name: params[name] for name in _UPDATED if name in params}
    if "LifecycleConfigName" in params:
        fields["NotebookInstanceLifecycleConfigName"] = params["LifecycleConfigName"]
    held = _record(params)
    dropped = [member for name, member in _DISASSOCIATED.items() if params.get(name) and member in held]
    _change(params, _STOPPED, "Updating", **fields, **dict.fromkeys(dropped))
    return {}


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteNotebookInstance: of a stopped instance only."""
    _change(params, _STOPPED, "Deleting")
    return {}


def list_instances(params: dict[str, Any]) -> dict[str, Any]:
    """ListNotebookInstances."""
    config = params.get("NotebookInstanceLifecycleConfigNameContains", "")
    repository = params.get("DefaultCodeRepositoryContains", "")
    additional = params.get("AdditionalCodeRepositoryEquals")

    def wanted(record: Record) -> bool:
        return (
            config in record.get("NotebookInstanceLifecycleConfigName", "")
            and repository in record.get("DefaultCodeRepository", "")
            and (additional is None or additional in record.get("AdditionalCodeRepositories", []))
        )

    return listing.answer(NOTEBOOK_INSTANCE, params, wanted)


def settle(record: Record) -> None:
    """Bring an instance from the passing state that it is in to the one that follows."""
    status = record["NotebookInstanceStatus"]
    if status == "Deleting":
        if "NetworkInterfaceId" in record:
            interfaces.release(record["NetworkInterfaceId"])
        store.remove(NOTEBOOK_INSTANCE, record["NotebookInstanceName"])
    elif status in _FOLLOWING:
        store.update(record, NotebookInstanceStatus=_FOLLOWING[status])
        events.state_changed(NOTEBOOK_INSTANCE, record)


def _change(params: dict[str, Any], wanted: tuple[str, ...], status: str, **fields: Any) -> None:
    with store.lock:
        record = _record(params)
        rules.can_become(record, wanted, status)
        store.update(record, NotebookInstanceStatus=status, **fields)
    _begin(record)


def _begin(record: Record) -> None:
    events.state_changed(NOTEBOOK_INSTANCE, record)
    transitions.begin(settle, record)


def _network(name: str, params: dict[str, Any]) -> dict[str, Any]:
    """The instance's interface in the customer's subnet, if it has one, and its groups."""
    if "SubnetId" not in params:
        return {}
    vpc = ec2._vpcs[ec2._subnets[params["SubnetId"]]["VpcId"]]
    groups = params.get("SecurityGroupIds") or [vpc["DefaultSecurityGroupId"]]
    interface = interfaces.create(
        params["SubnetId"],
        groups,
        f"[Do not delete] Network Interface created to access resources in your VPC for SageMaker Notebook "
        f"Instance {name}",
        "amazon-sagemaker",
    )
    return {"SecurityGroups": groups, "NetworkInterfaceId": interface}


def _record(params: dict[str, Any]) -> Record:
    return store.get(NOTEBOOK_INSTANCE, params["NotebookInstanceName"])
