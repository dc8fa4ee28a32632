"""Roles need what they are given: without any of these statements a run, a deployment or the API fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import STACKS, DeployedPlatform, Hosted
from tests.local.platform.raw_data import sample

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

    iam: Any
    name: str

    @contextmanager
    def without(self, statement: Statement) -> Iterator[None]:
        """Take the statement away, and give it back."""
        policy, document = self._holding(statement)
        left = [one for one in document["Statement"] if not _is_meant(statement, one)]
        # A policy has a statement at least; this one allows nothing that is used.
        left = left or [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]
        self._put(policy, {**document, "Statement": left})
        try:
            yield
        finally:
            self._put(policy, document)

    def _holding(self, statement: Statement) -> tuple[str, dict[str, Any]]:
        for policy in self.iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            held = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            meant = [one for one in held["Statement"] if _is_meant(statement, one)]
            if meant:
                assert len(meant) == 1, f"{statement} is not one statement: {meant}"
                return arn, held
        raise AssertionError(f"{self.name} has no statement {statement}")

    def _put(self, arn: str, document: dict[str, Any]) -> None:
        former = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
        # A policy keeps five versions.
        self.iam.delete_policy_version(PolicyArn=arn, VersionId=former)


def _is_meant(statement: Statement, candidate: dict[str, Any]) -> bool:
    actions, resources = (
        [value] if isinstance(value, str) else value for value in (candidate["Action"], candidate["Resource"])
    )
    return statement.action in actions and any(statement.resource in resource for resource in resources)


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
        return RoleOfStack(iam, name)

    return find


def training(construct: str, action: str, resource: str = "") -> Statement:
    return Statement("training", construct, action, resource)


def serving(construct: str, action: str, resource: str = "") -> Statement:
    return Statement("serving", construct, action, resource)


PROCESSING, TRAINING, MODEL = (f"MysfitRecommender{kind}Role" for kind in ("Processing", "Training", "Model"))
HOSTING, MACHINE = "MysfitRecommenderHostingRole", "MysfitRecommenderStateMachineRole"

# The statement, and the state of the training that fails without it.
OF_TRAINING = [
    (training("ResolveRunRole", "s3:PutObject"), "ResolveRun"),
    (training("IngestRole", "s3:PutObject", "/raw/"), "Ingest"),
    (training("IngestRole", "s3:PutObject", "data.json"), "Ingest"),
    (training("IngestRole", "kms:Decrypt"), "Ingest"),
    (training(PROCESSING, "s3:PutObject"), "Prepare"),
    (training(PROCESSING, "kms:Decrypt"), "Prepare"),
    (training(TRAINING, "s3:GetObject"), "Train"),
    (training(TRAINING, "s3:PutObject"), "Train"),
    (training(MODEL, "s3:GetObject"), "CreateModel"),
    (training(MODEL, "s3:PutObject"), "Transform"),
    (training(MACHINE, "lambda:InvokeFunction"), "ResolveRun"),
    (training(MACHINE, "events:PutRule"), "Prepare"),
    (training(MACHINE, "iam:PassRole"), "Prepare"),
    (training(MACHINE, "sagemaker:CreateModel"), "CreateModel"),
    (training(MACHINE, "sagemaker:CreateTransformJob"), "Transform"),
    (training(MACHINE, "s3:PutObject", "training.json"), "RecordTraining"),
    (training(MACHINE, "sagemaker:ListModelPackages"), "FindPrevious"),
    (training(MACHINE, "sagemaker:DescribeModelPackage"), "DescribePrevious"),
    (training(MACHINE, "s3:GetObject"), "ReadEvaluation"),
]
OF_DEPLOYMENT = [
    (serving(MACHINE, "states:ListExecutions"), "ListDeployments"),
    (serving(MACHINE, "sagemaker:DescribeModelPackage"), "DescribePackage"),
    (serving(MACHINE, "sagemaker:CreateModel"), "CreateModel"),
    (serving(MACHINE, "iam:PassRole"), "CreateModel"),
    (serving(MACHINE, "sagemaker:CreateEndpointConfig"), "CreateEndpointConfig"),
    (serving(MACHINE, "sagemaker:ListEndpoints"), "FindEndpoint"),
    (serving(MACHINE, "sagemaker:DescribeEndpoint"), "DescribePrevious"),
    (serving(MACHINE, "lambda:InvokeFunction"), "SmokePrediction"),
    (serving(HOSTING, "kms:Decrypt"), "UpdateEndpoint"),
    (serving("SmokePredictionRole", "s3:GetObject"), "SmokePrediction"),
    (serving("SmokePredictionRole", "sagemaker:InvokeEndpoint"), "SmokePrediction"),
]


@pytest.fixture(scope="session")
def source(platform: DeployedPlatform) -> str:
    return platform.upload(sample(rows=ROWS, seed=21))


@pytest.mark.usefixtures("happy")  # an approved model, which a run looks for
@pytest.mark.parametrize(("statement", "state"), OF_TRAINING, ids=str)
def test_training_fails_without(
    platform: DeployedPlatform, roles: Roles, source: str, statement: Statement, state: str
) -> None:
    with roles(statement).without(statement):
        ended = platform.train(source)
    assert ended.status == "FAILED"
    assert ended.cause.startswith(f"{state} failed")
    assert names_the_refusal(ended.cause), ended.cause


@pytest.mark.parametrize(("statement", "state"), OF_DEPLOYMENT, ids=str)
def test_a_deployment_fails_without(
    platform: DeployedPlatform,
    roles: Roles,
    happy: HappyRun,
    served: Hosted,
    statement: Statement,
    state: str,
) -> None:
    with roles(statement).without(statement):
        ended = platform.deploy_package(happy.package)
    assert ended.status == "FAILED"
    assert ended.cause.startswith(f"{state} failed")
    assert names_the_refusal(ended.cause), ended.cause
    after = platform.hosted()
    assert (after.endpoint, after.tags) == (served.endpoint, served.tags)
    assert platform.ask().status == 200


def names_the_refusal(cause: str) -> bool:
    """Whether a cause says that something was not permitted, in any of the words that AWS has for it."""
    words = ("is not authorized to perform", "AccessDenied", "Forbidden", "Could not access")
    return any(word in cause for word in words)


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
    statement = serving("MysfitRecommenderStateMachineImportedEventsRole", "states:StartExecution")
    with roles(statement).without(statement):
        package = str(platform.train(source).output["model_package_arn"])
    platform.client("sagemaker").update_model_package(ModelPackageArn=package, ModelApprovalStatus="Rejected")
    assert platform.approve(package).output["outcome"] == "Deployed"
    assert len(platform.deployments_of(package)) == 1
