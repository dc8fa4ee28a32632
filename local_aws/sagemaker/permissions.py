"""What a caller of SageMaker's API must be allowed to do.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.sagemaker import condition_keys
from local_aws.sagemaker.kinds import (
    DOMAIN,
    ENDPOINT,
    ENDPOINT_CONFIG,
    HYPERPARAMETER_TUNING_JOB,
    KINDS,
    MODEL_PACKAGE,
    Kind,
)

_PASSED_TO = {"iam:PassedToService": "sagemaker.amazonaws.com"}
_ROLES = {
    "CreateTrainingJob": "RoleArn",
    "CreateProcessingJob": "RoleArn",
    "CreateModel": "ExecutionRoleArn",
    "CreateEndpointConfig": "ExecutionRoleArn",
    "CreateNotebookInstance": "RoleArn",
    "UpdateNotebookInstance": "RoleArn",
}
# Studio's operations take roles in settings.
_SETTINGS = ("DefaultUserSettings", "DefaultSpaceSettings", "UserSettings")
_TAG_OPERATIONS = ("AddTags", "ListTags", "DeleteTags")
_BY_LONGEST_NAME = sorted(KINDS, key=lambda kind: len(kind.name), reverse=True)


@dataclass(frozen=True)
class Check:
    """One thing a caller must be allowed to do: an action on a resource, with the condition keys of the
    call."""

    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)


further: list[Callable[[str, dict[str, Any]], list[Check]]] = []
"""What callers of an operation with these parameters need because other services take part."""


def checks(operation: str, params: dict[str, Any], region: str, account: str) -> list[Check]:
    """Everything a caller of an operation needs, the operation itself first."""
    base = f"arn:aws:sagemaker:{region}:{account}:"
    action = f"sagemaker:{operation}"
    resources = [_arn(base, resource) for resource in _resources(operation, params)] or ["*"]
    keys = condition_keys.of(operation, params)
    needed = [Check(action, resource, dict(keys)) for resource in resources]
    if params.get("Tags") and operation not in _TAG_OPERATIONS:
        needed.append(Check("sagemaker:AddTags", resources[0], {"sagemaker:TaggingAction": operation}))
    needed += [
        Check("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}")
        for name in _rollback_alarms(params)
    ]
    needed += [Check("iam:PassRole", role, dict(_PASSED_TO)) for role in _passed_roles(operation, params)]
    return needed + [check for each in further for check in each(operation, params)]


def _passed_roles(operation: str, params: dict[str, Any]) -> list[str]:
    """The roles that a request hands to SageMaker."""
    if operation == "CreateHyperParameterTuningJob":
        definitions = [params.get("TrainingJobDefinition"), *(params.get("TrainingJobDefinitions") or [])]
        roles = [item.get("RoleArn") for item in definitions if isinstance(item, dict)]
    else:
        settings = [params[name] for name in _SETTINGS if isinstance(params.get(name), dict)]
        roles = [params.get(_ROLES.get(operation, "")), *(each.get("ExecutionRole") for each in settings)]
    return [role for role in roles if isinstance(role, str)]


def _rollback_alarms(params: dict[str, Any]) -> list[str]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html"""
    rollback = _member(_member(params, "DeploymentConfig"), "AutoRollbackConfiguration")
    alarms = rollback.get("Alarms")
    named = [_member({"Alarm": each}, "Alarm").get("AlarmName") for each in alarms or ()]
    return [name for name in named if isinstance(name, str)]


def _member(part: dict[str, Any], name: str) -> dict[str, Any]:
    found = part.get(name)
    return found if isinstance(found, dict) else {}


def _arn(base: str, resource: str) -> str:
    return resource if resource.startswith("arn:") else base + resource


def _resources(operation: str, params: dict[str, Any]) -> Iterator[str]:
    """The resources an operation is authorized on, as ARNs or as the part of them after the account."""
    if operation in _TAG_OPERATIONS:
        yield str(params.get("ResourceArn", "*"))
    elif operation == "InvokeEndpoint":
        yield _resource(ENDPOINT, params["EndpointName"])
    elif operation == "UpdateEndpointWeightsAndCapacities":
        yield _resource(ENDPOINT, str(params.get("EndpointName", "*")))
    elif operation == "ListTrainingJobsForHyperParameterTuningJob":
        yield _resource(HYPERPARAMETER_TUNING_JOB, str(params.get("HyperParameterTuningJobName", "*")))
    elif not operation.startswith("List"):
        yield from _own_resources(operation, params)


def _own_resources(operation: str, params: dict[str, Any]) -> Iterator[str]:
    kind = next((kind for kind in _BY_LONGEST_NAME if operation.endswith(kind.name)), None)
    if kind is MODEL_PACKAGE:
        yield _package(operation, params)
    elif operation == "CreateDomain":
        yield _resource(DOMAIN, "*")
    elif kind is not None and (name := kind.key(params)) is not None:
        yield _resource(kind, name)
    if kind is ENDPOINT and "EndpointConfigName" in params:
        yield _resource(ENDPOINT_CONFIG, params["EndpointConfigName"])


def _package(operation: str, params: dict[str, Any]) -> str:
    if operation == "CreateModelPackage":
        return f"model-package/{str(params.get('ModelPackageGroupName', '*')).rpartition('/')[2]}/*"
    return str(params.get("ModelPackageArn") or params.get("ModelPackageName") or "*")


def _resource(kind: Kind, name: str) -> str:
    return f"{kind.arn_type}/{name if kind.keeps_case else name.lower()}"
