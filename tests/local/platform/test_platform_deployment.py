"""Deployments that go wrong or meet: the older model serves on, and nothing of the others is left."""

from __future__ import annotations

import io
import tarfile
import uuid

import pytest

from tests.local.platform.conftest import HappyRun, Inbox, Register
from tests.local.platform.deployed import ENDPOINT, DeployedPlatform, Hosted
from tests.local.platform.raw_data import sample


def archive_of(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


BROKEN_MODELS = [
    pytest.param(b"this is no archive", id="no-archive"),
    pytest.param(archive_of("readme.txt", b"no model in here"), id="archive-without-model"),
]


def still_serves(platform: DeployedPlatform, before: Hosted) -> None:
    """Assert that but for the registry all is as it was, and that the API answers."""
    after = platform.hosted()
    assert (after.endpoint, after.tags) == (before.endpoint, before.tags)
    assert (after.configs, after.models) == (before.configs, before.models)
    assert platform.ask().status == 200


def test_a_package_waits_for_its_approval(
    platform: DeployedPlatform, served: Hosted, register: Register
) -> None:
    package = register()
    assert platform.deployments_of(package) == []
    still_serves(platform, served)
    assert platform.approve(package).output["outcome"] == "Deployed"
    assert platform.hosted().package == package
    assert platform.hosted().is_tidy()


@pytest.mark.parametrize("model", BROKEN_MODELS)
def test_a_model_that_does_not_load_leaves_the_older_one_serving(
    platform: DeployedPlatform, served: Hosted, register: Register, inbox: Inbox, model: bytes
) -> None:
    ended = platform.approve(register(model=model))
    assert (ended.status, ended.error) == ("FAILED", "EndpointNotInService")
    assert "UpdateEndpoint failed" in ended.cause
    assert f"log group /aws/sagemaker/Endpoints/{ENDPOINT}" in ended.cause
    still_serves(platform, served)
    (told,) = inbox.messages()
    assert told["Subject"] == "mysfit_recommender: deployment failed"
    assert ended.cause in told["Message"]


def test_a_wrong_answer_to_the_recorded_sample_puts_the_older_model_back(
    platform: DeployedPlatform, served: Hosted, register: Register, inbox: Inbox
) -> None:
    ended = platform.approve(register(expected='{"predicted_label": 99.0}'))
    assert (ended.status, ended.error) == ("FAILED", "SmokePredictionFailed")
    assert "expected 99.0" in ended.cause
    still_serves(platform, served)
    (told,) = inbox.messages()
    assert ended.cause in told["Message"]


def test_a_sample_that_is_gone_puts_the_older_model_back(
    platform: DeployedPlatform, served: Hosted, register: Register
) -> None:
    package = register(expected="{}")
    described = platform.client("sagemaker").describe_model_package(ModelPackageName=package)
    bucket, _, key = described["CustomerMetadataProperties"]["sample_uri"][5:].partition("/")
    platform.client("s3").delete_object(Bucket=bucket, Key=key)
    ended = platform.approve(package)
    assert ended.error == "SmokePredictionImpossible"
    assert f"s3://{bucket}/{key} can't be read" in ended.cause
    still_serves(platform, served)
    # And the model, of which this says nothing, stays approved
    assert platform.hosted().packages[package] == "Approved"


@pytest.mark.parametrize(
    "flaw",
    [
        pytest.param({"model": b"this is no archive"}, id="model"),
        pytest.param({"expected": '{"predicted_label": 99.0}'}, id="sample"),
    ],
)
def test_a_first_deployment_that_fails_leaves_no_endpoint(
    platform: DeployedPlatform, served: Hosted, register: Register, flaw: dict[str, bytes | str]
) -> None:
    platform.remove_endpoint()
    ended = platform.approve(register(**flaw))
    assert ended.status == "FAILED"
    hosted = platform.hosted()
    assert (hosted.endpoint, hosted.configs, hosted.models) == (None, frozenset(), frozenset())
    assert platform.deploy_package(served.package).output["outcome"] == "Deployed"


def test_an_endpoint_that_failed_is_replaced(
    platform: DeployedPlatform, happy: HappyRun, served: Hosted, register: Register
) -> None:
    platform.remove_endpoint()
    sagemaker = platform.client("sagemaker")
    role = sagemaker_role(platform, "MysfitRecommenderHostingRole")
    name = f"{ENDPOINT}-{uuid.uuid4().hex[:12]}"
    broken = register(model=b"this is no archive")
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": broken}
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name)
    assert platform.deploy_package(happy.package).output["outcome"] == "Deployed"
    hosted = platform.hosted()
    assert hosted.endpoint is not None
    assert hosted.endpoint[0] == "InService"
    assert hosted.package == served.package
    platform.remove_endpoint()


def sagemaker_role(platform: DeployedPlatform, construct: str) -> str:
    """ARN of the role that the serving stack made for this construct."""
    resources = platform.client("cloudformation").list_stack_resources(StackName="ml-dev-serving")
    (name,) = [
        resource["PhysicalResourceId"]
        for resource in resources["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::IAM::Role"
        and resource["LogicalResourceId"].startswith(construct)
    ]
    return str(platform.client("iam").get_role(RoleName=name)["Role"]["Arn"])


def test_a_package_of_another_group_is_not_deployed(
    platform: DeployedPlatform, happy: HappyRun, served: Hosted
) -> None:
    sagemaker = platform.client("sagemaker")
    like = sagemaker.describe_model_package(ModelPackageName=happy.package)
    sagemaker.create_model_package_group(ModelPackageGroupName="strangers")
    container = like["InferenceSpecification"]["Containers"][0]
    made = sagemaker.create_model_package(
        ModelPackageGroupName="strangers",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{key: container[key] for key in ("Image", "ModelDataUrl")}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["application/jsonlines"],
        },
    )
    ended = platform.deploy_package(made["ModelPackageArn"])
    sagemaker.delete_model_package(ModelPackageName=made["ModelPackageArn"])
    sagemaker.delete_model_package_group(ModelPackageGroupName="strangers")
    assert ended.status == "FAILED"
    assert "DescribePackage failed" in ended.cause
    assert "is not authorized to perform: sagemaker:DescribeModelPackage" in ended.cause
    still_serves(platform, served)


@pytest.mark.usefixtures("served")
def test_two_runs_at_once_end_with_the_later_approval_serving(platform: DeployedPlatform) -> None:
    sources = [platform.upload(sample(rows=500, seed=seed)) for seed in (11, 12)]
    started = [platform.start_training({"sources": {"answers.csv": {"uri": source}}}) for source in sources]
    runs = [platform.ended(arn) for arn in started]
    assert [run.status for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    packages = [str(run.output["model_package_arn"]) for run in runs]
    assert len(set(packages)) == 2
    deployments = [platform.deployment_of(package) for package in packages]
    assert [deployment.status for deployment in deployments] == ["SUCCEEDED", "SUCCEEDED"]
    hosted = platform.hosted()
    assert hosted.is_tidy()
    approved = {
        str(deployment.given["time"]): package
        for package, deployment in zip(packages, deployments, strict=True)
    }
    assert hosted.package == approved[max(approved)] or len(approved) == 1
    assert platform.ask().status == 200


def test_deployments_that_start_at_once_leave_one_model(
    platform: DeployedPlatform, happy: HappyRun, register: Register
) -> None:
    packages = [register(), register(), happy.package]
    for package in packages[:2]:
        platform.client("sagemaker").update_model_package(
            ModelPackageArn=package, ModelApprovalStatus="Approved"
        )
    by_hand = platform.start_deployment(happy.package)
    ended = [
        *(platform.deployment_of(package) for package in packages[:2]),
        platform.ended(by_hand),
    ]
    assert {end.status for end in ended} == {"SUCCEEDED"}, ended
    assert {end.output["outcome"] for end in ended} <= {"Deployed", "Superseded"}
    hosted = platform.hosted()
    assert hosted.is_tidy()
    assert hosted.package in packages
