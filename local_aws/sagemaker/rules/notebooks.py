"""Rules for notebook instances that the service model doesn't hold.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html
"""

from typing import Any

from ministack.services import ec2

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.kinds import NOTEBOOK_INSTANCE, NOTEBOOK_LIFECYCLE_CONFIG
from local_aws.sagemaker.rules import shared, studio
from local_aws.sagemaker.store import Record


def check_instance(params: dict[str, Any]) -> None:
    """Every rule for CreateNotebookInstance."""
    shared.role_can_be_assumed(params["RoleArn"])
    studio.key_is_enabled(params.get("KmsKeyId"))
    network_fits(params)
    if "LifecycleConfigName" in params:
        store.get(NOTEBOOK_LIFECYCLE_CONFIG, params["LifecycleConfigName"])


def check_update(params: dict[str, Any]) -> None:
    """Every rule for UpdateNotebookInstance."""
    if "RoleArn" in params:
        shared.role_can_be_assumed(params["RoleArn"])
    if "LifecycleConfigName" in params:
        store.get(NOTEBOOK_LIFECYCLE_CONFIG, params["LifecycleConfigName"])
    for name in ("LifecycleConfig", "DefaultCodeRepository", "AdditionalCodeRepositories"):
        given = "LifecycleConfigName" if name == "LifecycleConfig" else name
        if params.get(f"Disassociate{name}") and given in params:
            raise validation_error(f"Disassociate{name} and {given} can't be specified together.")


def network_fits(params: dict[str, Any]) -> None:
    """Without a subnet there are no security groups and no way but the direct one to the internet."""
    subnet_id = params.get("SubnetId")
    if subnet_id is None:
        if params.get("SecurityGroupIds"):
            raise validation_error("SecurityGroupIds can be specified with SubnetId only.")
        if params.get("DirectInternetAccess") == "Disabled":
            raise validation_error("DirectInternetAccess can be Disabled only if SubnetId is specified.")
        return
    subnet = ec2._subnets.get(subnet_id)
    if subnet is None:
        raise validation_error(f"The subnet ID '{subnet_id}' does not exist.")
    for group in params.get("SecurityGroupIds", []):
        found = ec2._security_groups.get(group)
        if found is None or found["VpcId"] != subnet["VpcId"]:
            raise validation_error(f"The security group '{group}' does not exist in {subnet['VpcId']}.")


def can_become(record: Record, wanted: tuple[str, ...], status: str) -> None:
    """A transition starts from certain states only; the text is AWS's."""
    found = record["NotebookInstanceStatus"]
    if found not in wanted:
        raise validation_error(
            f"Status ({found}) not in ([{', '.join(wanted)}]). Unable to transition to ({status}) for "
            f"Notebook Instance ({record['NotebookInstanceArn']})."
        )


def lifecycle_config_is_unused(name: str) -> None:
    """No instance may name a configuration that is deleted. That AWS refuses it is a guess."""
    used = [
        each["NotebookInstanceName"]
        for each in store.records(NOTEBOOK_INSTANCE)
        if each.get("NotebookInstanceLifecycleConfigName") == name
    ]
    if used:
        arn = NOTEBOOK_LIFECYCLE_CONFIG.arn(name)
        raise validation_error(
            f"Unable to delete Notebook Instance Lifecycle Config {arn}. Details: it is in use by "
            f"{', '.join(used)}."
        )
