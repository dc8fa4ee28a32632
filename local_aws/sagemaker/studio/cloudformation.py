"""CloudFormation's types of Studio and of notebook instances.

Ref gives the primary identifier of the type's schema, its parts joined by `|` where it has several.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SageMaker.html
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.sagemaker import provisioning, store
from local_aws.sagemaker.kinds import (
    APP,
    DOMAIN,
    NOTEBOOK_INSTANCE,
    NOTEBOOK_LIFECYCLE_CONFIG,
    SPACE,
    STUDIO_LIFECYCLE_CONFIG,
    USER_PROFILE,
    Kind,
)
from local_aws.sagemaker.provisioning import Properties
from local_aws.sagemaker.store import Record

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.services.cloudformation.provisioners:_physical_name",
)

_LONGEST_NAME = 63
_STABLE_SECONDS = 60.0
_PASSING = ("Pending", "Updating", "Deleting", "Stopping")
_SETTLED_WELL = ("InService", "Stopped")


@dataclass(frozen=True)
class _ResourceType:
    """How a kind of resource is one of CloudFormation's types.

    `identifier` lists the fields that Ref gives, `attributes` those of GetAtt. A type without
    `update_in_place` has nothing but its tags that changes without a replacement. A `named` type gets a name
    if the template gives none.
    """

    kind: Kind
    identifier: tuple[str, ...]
    attributes: tuple[str, ...]
    replaced_by: frozenset[str]
    update_in_place: Callable[[Record, Properties, Properties], None] | None = None
    before_delete: Callable[[Record], None] = lambda _record: None
    named: bool = False

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Properties]:
        """Create the resource and wait until it can be used; returns its identifier and attributes."""
        name = f"{self.kind.name}Name"
        given = dict(properties)
        if self.named and not given.get(name):
            given[name] = provisioners._physical_name(stack_name, logical_id, max_len=_LONGEST_NAME)
        answer = provisioning.call(f"Create{self.kind.name}", given)
        record = self._by_arn(answer[f"{self.kind.name}Arn"])
        if record is None:
            raise ValueError(f"{self.kind.name} {given.get(name)} was deleted while it was created.")
        _wait(self.kind, record)
        return self._described(record)

    def update(
        self, physical_id: str, old: Properties, new: Properties, _stack_name: str
    ) -> tuple[str, Properties]:
        """Change what can be changed in place."""
        record = self._found(physical_id)
        if record is None:
            raise ValueError(f"{self.kind.name} {physical_id} does not exist.")
        provisioning.replace_tags(record[f"{self.kind.name}Arn"], old, new)
        changed = provisioning.without_tags(old) != provisioning.without_tags(new)
        if changed and self.update_in_place is not None:
            self.update_in_place(record, old, {**self._identity(record), **new})
            _wait(self.kind, record)
        return self._described(record)

    def delete(self, physical_id: str, _properties: Properties) -> None:
        """Delete the resource and wait until it is gone; one that is gone already is fine."""
        record = self._found(physical_id)
        if record is None or record.get("Status") == "Deleted":
            return
        self.before_delete(record)
        provisioning.call(f"Delete{self.kind.name}", self._identity(record))
        deadline = time.monotonic() + _STABLE_SECONDS
        while (record := self._found(physical_id)) is not None and record.get("Status") != "Deleted":
            if time.monotonic() > deadline:
                raise ValueError(f"{self.kind.name} {physical_id} did not stabilize: it is not deleted.")
            time.sleep(0.05)

    def _identity(self, record: Record) -> Properties:
        """The members by which requests name the resource."""
        positions = self.kind.identified_by or ((f"{self.kind.name}Name",),)
        return {name: record[name] for names in positions for name in names if name in record}

    def _physical_id(self, record: Record) -> str:
        return "|".join(str(record[name]) for name in self.identifier)

    def _found(self, physical_id: str) -> Record | None:
        records = store.records(self.kind)
        return next(
            (
                each
                for each in records
                if set(self.identifier) <= each.keys() and self._physical_id(each) == physical_id
            ),
            None,
        )

    def _by_arn(self, arn: str) -> Record | None:
        records = store.records(self.kind)
        return next((each for each in records if each[f"{self.kind.name}Arn"] == arn), None)

    def _described(self, record: Record) -> tuple[str, Properties]:
        return self._physical_id(record), {name: str(record.get(name, "")) for name in self.attributes}


def _wait(kind: Kind, record: Record) -> None:
    """Wait until the resource is in no passing state; raises ValueError if it is none to use."""
    member = "NotebookInstanceStatus" if kind is NOTEBOOK_INSTANCE else "Status"
    deadline = time.monotonic() + _STABLE_SECONDS
    while record.get(member) in _PASSING:
        if time.monotonic() > deadline:
            raise ValueError(f"{record[f'{kind.name}Arn']} did not stabilize: it is {record[member]}.")
        time.sleep(0.05)
    if member in record and record[member] not in _SETTLED_WELL:
        raise ValueError(f"{record[f'{kind.name}Arn']} is {record[member]}: {record.get('FailureReason')}")


def _update_domain(_domain: Record, _old: Properties, new: Properties) -> None:
    settings = {"DomainSettingsForUpdate": new["DomainSettings"]} if "DomainSettings" in new else {}
    provisioning.call("UpdateDomain", {**new, **settings})


def _update_profile(_profile: Record, _old: Properties, new: Properties) -> None:
    provisioning.call("UpdateUserProfile", new)


def _update_space(_space: Record, _old: Properties, new: Properties) -> None:
    provisioning.call("UpdateSpace", new)


def _update_lifecycle_config(_config: Record, _old: Properties, new: Properties) -> None:
    provisioning.call("UpdateNotebookInstanceLifecycleConfig", new)


def _update_instance(instance: Record, old: Properties, new: Properties) -> None:
    """An instance is stopped, changed and started again, as CloudFormation does it."""
    dropped = {
        f"Disassociate{name}": True
        for name, member in (
            ("LifecycleConfig", "LifecycleConfigName"),
            ("DefaultCodeRepository", "DefaultCodeRepository"),
            ("AdditionalCodeRepositories", "AdditionalCodeRepositories"),
            ("AcceleratorTypes", "AcceleratorTypes"),
        )
        if member in old and member not in new
    }
    name = {"NotebookInstanceName": instance["NotebookInstanceName"]}
    _stop_instance(instance)
    provisioning.call("UpdateNotebookInstance", {**new, **dropped, **name})
    _wait(NOTEBOOK_INSTANCE, instance)
    provisioning.call("StartNotebookInstance", name)


def _stop_instance(instance: Record) -> None:
    _wait(NOTEBOOK_INSTANCE, instance)
    if instance["NotebookInstanceStatus"] == "InService":
        provisioning.call("StopNotebookInstance", {"NotebookInstanceName": instance["NotebookInstanceName"]})
        _wait(NOTEBOOK_INSTANCE, instance)


_TYPES = (
    _ResourceType(
        DOMAIN,
        ("DomainId",),
        (
            "DomainArn",
            "DomainId",
            "HomeEfsFileSystemId",
            "SecurityGroupIdForDomainBoundary",
            "SingleSignOnApplicationArn",
            "SingleSignOnManagedApplicationInstanceId",
            "Url",
        ),
        frozenset({"AuthMode", "DomainName", "KmsKeyId", "VpcId"}),
        update_in_place=_update_domain,
    ),
    _ResourceType(
        USER_PROFILE,
        ("UserProfileName", "DomainId"),
        ("UserProfileArn",),
        frozenset({"DomainId", "UserProfileName", "SingleSignOnUserIdentifier", "SingleSignOnUserValue"}),
        update_in_place=_update_profile,
    ),
    _ResourceType(
        SPACE,
        ("DomainId", "SpaceName"),
        ("SpaceArn", "Url"),
        frozenset({"DomainId", "SpaceName", "OwnershipSettings", "SpaceSharingSettings"}),
        update_in_place=_update_space,
    ),
    _ResourceType(
        APP,
        ("AppName", "AppType", "DomainId", "UserProfileName"),
        ("AppArn", "BuiltInLifecycleConfigArn"),
        frozenset({"AppName", "AppType", "DomainId", "UserProfileName", "ResourceSpec"}),
    ),
    _ResourceType(
        STUDIO_LIFECYCLE_CONFIG,
        ("StudioLifecycleConfigName",),
        ("StudioLifecycleConfigArn",),
        frozenset(
            {
                "StudioLifecycleConfigAppType",
                "StudioLifecycleConfigContent",
                "StudioLifecycleConfigName",
                "Tags",
            }
        ),
    ),
    _ResourceType(
        NOTEBOOK_INSTANCE,
        ("NotebookInstanceArn",),
        ("NotebookInstanceArn", "NotebookInstanceName"),
        frozenset(
            {
                "DirectInternetAccess",
                "KmsKeyId",
                "NotebookInstanceName",
                "PlatformIdentifier",
                "SecurityGroupIds",
                "SubnetId",
            }
        ),
        update_in_place=_update_instance,
        before_delete=_stop_instance,
        named=True,
    ),
    _ResourceType(
        NOTEBOOK_LIFECYCLE_CONFIG,
        ("NotebookInstanceLifecycleConfigArn",),
        ("NotebookInstanceLifecycleConfigArn", "NotebookInstanceLifecycleConfigName"),
        frozenset({"NotebookInstanceLifecycleConfigName"}),
        update_in_place=_update_lifecycle_config,
        named=True,
    ),
)


def install() -> None:
    """Register the types with the emulator's CloudFormation."""
    for resource_type in _TYPES:
        cloudformation.register(
            f"AWS::SageMaker::{resource_type.kind.name}",
            create=resource_type.create,
            update=resource_type.update,
            delete=resource_type.delete,
            replaced_by=resource_type.replaced_by,
            tags="Tags",
        )
