"""CloudFormation's SageMaker resource types.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SageMaker.html
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

from local_aws import cloudformation
from local_aws.sagemaker import provisioning, store
from local_aws.sagemaker.kinds import ENDPOINT, ENDPOINT_CONFIG, MODEL, MODEL_PACKAGE_GROUP, Kind

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.services.cloudformation.provisioners:_physical_name",
    "ministack.services.cloudformation.stacks:_runs_on_worker_thread",
)

Properties = dict[str, Any]

_PREFIX = "AWS::SageMaker::"
_LONGEST_NAME = 63
_STABLE_SECONDS = 300.0
_STEADY = ("InService", "Failed")


@dataclass(frozen=True)
class _ResourceType:
    """How a kind of resource is one of CloudFormation's types: Ref gives the ARN, GetAtt the fields named."""

    kind: Kind
    attributes: tuple[str, ...]
    replaced_by: frozenset[str]
    stabilize: Callable[[str], None] = lambda _name: None

    @property
    def name_property(self) -> str:
        return f"{self.kind.name}Name"

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Properties]:
        """Create the resource and wait until it can be used; returns its ARN and attributes."""
        name = properties.get(self.name_property) or provisioners._physical_name(
            stack_name, logical_id, max_len=_LONGEST_NAME
        )
        provisioning.call(f"Create{self.kind.name}", {**properties, self.name_property: name})
        self.stabilize(name)
        return self._described(name)

    def update(self, arn: str, old: Properties, new: Properties, _stack_name: str) -> tuple[str, Properties]:
        """Change what can be changed in place: tags, and an endpoint's configuration."""
        name = self._name(arn)
        provisioning.replace_tags(arn, old, new)
        if self.kind is ENDPOINT and provisioning.without_tags(old) != provisioning.without_tags(new):
            provisioning.call("UpdateEndpoint", {**provisioning.without_tags(new), self.name_property: name})
            self.stabilize(name)
            self._require_config(name, new["EndpointConfigName"])
        return self._described(name)

    def delete(self, arn: str, _properties: Properties) -> None:
        """Delete the resource; one that is gone already is fine."""
        name = self._name(arn)
        if store.find(self.kind, name) is None:
            return
        provisioning.call(f"Delete{self.kind.name}", {self.name_property: name})
        deadline = time.monotonic() + _STABLE_SECONDS
        while store.find(self.kind, name) is not None and time.monotonic() < deadline:
            time.sleep(0.05)

    def _name(self, arn: str) -> str:
        """The name behind an ARN, which has it in lower case for most kinds."""
        found = (item for item in store.records(self.kind) if item[f"{self.kind.name}Arn"] == arn)
        return next((str(item[self.name_property]) for item in found), arn.partition("/")[2])

    def _described(self, name: str) -> tuple[str, Properties]:
        record = store.get(self.kind, name)
        arn = str(record[f"{self.kind.name}Arn"])
        return arn, {attribute: str(record[attribute]) for attribute in self.attributes}

    def _require_config(self, name: str, config: str) -> None:
        record = store.get(ENDPOINT, name)
        if record["EndpointConfigName"] != config:
            raise ValueError(f"Endpoint {name} could not be updated: {record.get('FailureReason')}")


def _endpoint_in_service(name: str) -> None:
    deadline = time.monotonic() + _STABLE_SECONDS
    while (record := store.get(ENDPOINT, name))["EndpointStatus"] not in _STEADY:
        if time.monotonic() > deadline:
            raise ValueError(f"Endpoint {name} did not stabilize: it is {record['EndpointStatus']}.")
        time.sleep(0.05)
    if record["EndpointStatus"] == "Failed":
        raise ValueError(f"Endpoint {name} failed: {record.get('FailureReason')}")


_TYPES = (
    _ResourceType(
        MODEL_PACKAGE_GROUP,
        ("ModelPackageGroupArn", "ModelPackageGroupStatus", "CreationTime"),
        frozenset({"ModelPackageGroupName", "ModelPackageGroupDescription"}),
    ),
    _ResourceType(
        MODEL,
        ("ModelName", "ModelArn"),
        frozenset(
            {
                "ModelName",
                "PrimaryContainer",
                "Containers",
                "ExecutionRoleArn",
                "VpcConfig",
                "EnableNetworkIsolation",
                "InferenceExecutionConfig",
            }
        ),
    ),
    _ResourceType(
        ENDPOINT_CONFIG,
        ("EndpointConfigName", "EndpointConfigArn"),
        frozenset(
            {
                "EndpointConfigName",
                "ProductionVariants",
                "DataCaptureConfig",
                "KmsKeyId",
                "AsyncInferenceConfig",
                "ExplainerConfig",
                "ShadowProductionVariants",
                "ExecutionRoleArn",
                "VpcConfig",
                "EnableNetworkIsolation",
            }
        ),
    ),
    _ResourceType(
        ENDPOINT, ("EndpointName", "EndpointArn"), frozenset({"EndpointName"}), _endpoint_in_service
    ),
)


def install() -> None:
    """Register the types with the emulator's CloudFormation."""
    for resource_type in _TYPES:
        cloudformation.register(
            f"{_PREFIX}{resource_type.kind.name}",
            create=resource_type.create,
            update=resource_type.update,
            delete=resource_type.delete,
            replaced_by=resource_type.replaced_by,
            tags="Tags",
        )
    # These types wait, and call this AWS over HTTP: never on the thread that answers HTTP.
    runs_on_worker_thread = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name.startswith(_PREFIX) or runs_on_worker_thread(name)
