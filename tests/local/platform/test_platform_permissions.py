"""Roles need what they are given: without any of these statements a run, a deployment or the API fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import STACKS, DeployedPlatform, Ended, Hosted
from tests.local.platform.raw_data import sample
from tests.local.role_policies import RolePolicies, listed

ROWS = 400


@dataclass(frozen=True)
class Statement:
    """A statement of a role's policies: the role by its construct, the statement by an action it allows."""

    stack: str
    construct: str
    action: str
    resource: str = ""
    """Part of one of its resources, where the action alone doesn't tell."""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.construct, self.action, self.resource)))


@dataclass(frozen=True)
class RoleOfStack:
    """A role of ours, changed through IAM."""

    policies: RolePolicies

    def without(self, statement: Statement) -> AbstractContextManager[None]:
        """Take the statement away, and give it back."""
        meant = [
            (arn, index)
            for arn, document in self.policies.documents().items()
            for index, candidate in enumerate(document["Statement"])
            if _is_meant(statement, candidate)
        ]
        assert len(meant) == 1, f"{statement} is not one statement of {self.policies.role}: {meant}"
        return self.policies.without(*meant[0])


def _is_meant(statement: Statement, candidate: dict[str, Any]) -> bool:
    return statement.action in listed(candidate["Action"]) and any(
        statement.resource in resource for resource in listed(candidate["Resource"])
    )


Roles = Callable[[Statement], RoleOfStack]


@pytest.fixture(scope="session")
def roles(platform: DeployedPlatform) -> Roles:
    """Find the role that a statement belongs to."""
    cloudformation, iam = platform.client("cloudformation"), platform.client("iam")
    names = {
        (stack, resource["LogicalResourceId"]): resource["PhysicalResourceId"]
        for stack in STACKS
        for resource in cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::IAM::Role"
    }

    def find(statement: Statement) -> RoleOfStack:
        (name,) = [
            name
            for (stack, logical_id), name in names.items()
            # CDK's logical ids end in eight hex digits.
            if stack == f"ml-dev-{statement.stack}" and logical_id[:-8] == statement.construct
        ]
        return RoleOfStack(RolePolicies(iam, name))

    return find


def training(construct: str, action: str, resource: str = "") -> Statement:
    return Statement("training", construct, action, resource)


def serving(construct: str, action: str, resource: str = "") -> Statement:
    return Statement("serving", construct, action, resource)


PROCESSING, TRAINING = (f"MysfitRecommender{kind}Role" for kind in ("Processing", "Training"))
HOSTING, MACHINE = "MysfitRecommenderHostingRole", "MysfitRecommenderStateMachineRole"
BATCH, BATCH_MACHINE = "MysfitRecommenderBatchRole", "MysfitRecommenderBatchStateMachineRole"

# The statement, and the state that fails without it. `make test-permissions` takes away all the others.
OF_TRAINING = [
    (training("IngestRole", "s3:PutObject", "data.json"), "Ingest"),
    (training(PROCESSING, "s3:PutObject"), "Prepare"),
    (training(MACHINE, "iam:PassRole"), "Prepare"),
    (training(TRAINING, "s3:GetObject"), "Train"),
    (training(MACHINE, "sagemaker:ListModelPackages"), "FindPrevious"),
]
OF_DEPLOYMENT = [
    (serving(MACHINE, "states:ListExecutions"), "ListDeployments"),
    (serving(HOSTING, "kms:Decrypt"), "UpdateEndpoint"),
    (serving("SmokePredictionRole", "sagemaker:InvokeEndpoint"), "SmokePrediction"),
]
OF_BATCH = [
    (serving(BATCH_MACHINE, "sagemaker:CreateTransformJob"), "Transform"),
    (serving(BATCH, "s3:PutObject"), "Transform"),
]


@pytest.fixture(scope="session")
def source(platform: DeployedPlatform) -> str:
    return platform.upload(sample(rows=ROWS, seed=21))


@pytest.mark.usefixtures("happy")  # an approved model, which a run looks for
@pytest.mark.parametrize(("statement", "state"), OF_TRAINING, ids=str)
def test_training_fails_without(
    platform: DeployedPlatform, roles: Roles, source: str, statement: Statement, state: str
) -> None:
    role = roles(statement)
    with role.without(statement):
        ended = platform.train(source)
    assert_refused(ended, state, role, statement)


@pytest.mark.parametrize(("statement", "state"), OF_DEPLOYMENT, ids=str)
def test_a_deployment_fails_without(
    platform: DeployedPlatform,
    roles: Roles,
    happy: HappyRun,
    served: Hosted,
    statement: Statement,
    state: str,
) -> None:
    role = roles(statement)
    with role.without(statement):
        ended = platform.deploy_package(happy.package)
    assert_refused(ended, state, role, statement)
    after = platform.hosted()
    assert (after.endpoint, after.tags) == (served.endpoint, served.tags)
    assert platform.ask().status == 200


@pytest.mark.usefixtures("happy")  # an approved model, which predicts
@pytest.mark.parametrize(("statement", "state"), OF_BATCH, ids=str)
def test_predicting_a_file_fails_without(
    platform: DeployedPlatform, roles: Roles, statement: Statement, state: str
) -> None:
    file = platform.upload(b"1,2,3,4,5\n", folder="batch")
    role = roles(statement)
    with role.without(statement):
        ended = platform.predict_file(file)
    assert_refused(ended, state, role, statement)


def assert_refused(ended: Ended, state: str, role: RoleOfStack, statement: Statement) -> None:
    """Assert that the state failed, and that the execution says which role may not do what."""
    assert ended.status == "FAILED"
    assert ended.cause.startswith(f"{state} failed")
    assert role.policies.role in ended.cause
    assert f"is not authorized to perform: {statement.action}" in ended.cause


@pytest.mark.usefixtures("served")
def test_the_api_fails_without_its_permission_to_ask_the_endpoint(
    platform: DeployedPlatform, roles: Roles
) -> None:
    statement = Statement("recommendation", "RecommendRole", "sagemaker:InvokeEndpoint")
    with roles(statement).without(statement):
        answer = platform.ask()
    assert answer.status == 500
    assert answer.json()["error"]["code"] == "InternalError"
    assert platform.ask().status == 200


def test_an_approval_starts_nothing_without_the_permission_of_its_rule(
    platform: DeployedPlatform, roles: Roles, source: str
) -> None:
    statement = serving("MysfitRecommenderApprovalRuleRole", "states:StartExecution")
    with roles(statement).without(statement):
        package = str(platform.train(source).output["model_package_arn"])
    platform.client("sagemaker").update_model_package(ModelPackageArn=package, ModelApprovalStatus="Rejected")
    assert platform.approve(package).output["outcome"] == "Deployed"
    assert len(platform.deployments_of(package)) == 1
