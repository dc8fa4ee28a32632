"""States that find a model in the registry, and make and delete SageMaker models."""

from collections.abc import Mapping
from typing import Any

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.job_parts import workload_tags
from stacks.constructs.states import State, call_sagemaker, catch, expression, vpc_config

PACKAGE_GROUP = "'the model package group ${ModelPackageGroupName}'"
"""Where to look when a call about a model package failed."""


def find_newest_approved(
    state: str, *, variable: str, following: str, assign: Mapping[str, str] | None = None
) -> State:
    """Put the ARN of the newest approved model package into a variable: a list of one, or of none."""
    return call_sagemaker(
        "listModelPackages",
        {
            "ModelPackageGroupName": "${ModelPackageGroupName}",
            "ModelApprovalStatus": "Approved",
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
            "MaxResults": 1,
        },
        assign={
            variable: expression("[$states.result.ModelPackageSummaryList.ModelPackageArn]"),
            **(assign or {}),
        },
        catching=catch(state, PACKAGE_GROUP, "NotifyFailure"),
        following=following,
    )


def create_model(
    workload: Workload,
    environment: Environment,
    *,
    name: str,
    role: str,
    container: Mapping[str, Any],
    following: str,
    isolated: bool = True,
) -> State:
    """Make a model; `name` is a JSONata expression, `role` the substitution that holds its role's ARN."""
    return call_sagemaker(
        "createModel",
        {
            "ModelName": expression(name),
            "ExecutionRoleArn": "${" + role + "}",
            "PrimaryContainer": dict(container),
            "EnableNetworkIsolation": isolated,
            **vpc_config(environment),
            "Tags": workload_tags(workload, environment),
        },
        catching=catch("CreateModel", f"'the model ' & {name}", "NotifyFailure"),
        following=following,
    )


def delete_model_states(name: str, following: str) -> dict[str, State]:
    """Delete a model that served its jobs: `DeleteModel` when they ended well, or `DeleteModelOfFailure`."""
    arguments = {"ModelName": expression(name)}
    # A second failure never hides the first.
    silently = [{"ErrorEquals": ["States.ALL"], "Next": "NotifyFailure"}]
    return {
        "DeleteModel": call_sagemaker(
            "deleteModel",
            arguments,
            catching=catch("DeleteModel", f"'the model ' & {name}", "NotifyFailure"),
            following=following,
        ),
        "DeleteModelOfFailure": call_sagemaker(
            "deleteModel", arguments, catching=silently, following="NotifyFailure"
        ),
    }
