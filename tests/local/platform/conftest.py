"""One deployment of the platform that the tests share, and the state that each may rely on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local.platform.callers import People, RolesOfARun, acting_as_user
from tests.local.platform.deployed import (
    ENDPOINT,
    PASCAL,
    STUDIO_STACKS,
    WORKLOAD,
    DeployedPlatform,
    Ended,
    Hosted,
    synthesize,
)
from tests.local.platform.raw_data import sample
from tests.local.running import ALARM_MINUTE_SECONDS, LocalAws


@dataclass(frozen=True)
class HappyRun:
    """A run in which everything went well, and what it ran on."""

    data: bytes
    source: str
    training: Ended
    deployment: Ended

    @property
    def package(self) -> str:
        return str(self.training.output["model_package_arn"])

    @property
    def artifacts_uri(self) -> str:
        return str(self.training.output["artifacts_uri"])


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="session")
def platform(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPlatform]:
    aws = LocalAws(tmp_path_factory.mktemp("platform"))
    aws.start("--alarm-minute", str(ALARM_MINUTE_SECONDS))
    try:
        deployed = DeployedPlatform(aws, assembly)
        deployed.bootstrap()
        deployed.deploy()
        yield deployed
    finally:
        aws.kill()


@pytest.fixture(scope="session")
def happy(platform: DeployedPlatform) -> HappyRun:
    data = sample()
    source = platform.upload(data)
    training = platform.train(source)
    assert training.status == "SUCCEEDED", training
    deployment = platform.deployment_of(training.output["model_package_arn"])
    assert deployment.status == "SUCCEEDED", deployment
    return HappyRun(data, source, training, deployment)


@pytest.fixture
def served(platform: DeployedPlatform, happy: HappyRun) -> Hosted:
    """The endpoint serves the happy run's model, and nothing else is there; gives how it stands."""
    hosted = platform.hosted()
    if not hosted.is_tidy() or hosted.package != happy.package:
        platform.remove_endpoint()
        deployment = platform.deploy_package(happy.package)
        assert deployment.status == "SUCCEEDED", deployment
    hosted = platform.hosted()
    assert hosted.is_tidy(), hosted
    return hosted


class Inbox:
    """A queue that is subscribed to the platform's topic."""

    def __init__(self, platform: DeployedPlatform) -> None:
        self._sqs = platform.client("sqs")
        self._url = self._sqs.create_queue(QueueName="told")["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        queue, topic = asked["Attributes"]["QueueArn"], platform.outputs["TopicArn"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        platform.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)

    def messages(self) -> list[dict[str, Any]]:
        """What has been published since the last call: subjects and messages."""
        found: list[dict[str, Any]] = []
        while batch := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="session")
def _subscription(platform: DeployedPlatform) -> Inbox:
    return Inbox(platform)


@pytest.fixture
def inbox(_subscription: Inbox) -> Inbox:
    """The messages that the topic sends from here on."""
    _subscription.messages()
    return _subscription


@pytest.fixture(scope="session")
def roles_of_the_run(platform: DeployedPlatform, happy: HappyRun) -> RolesOfARun:
    sagemaker = platform.client("sagemaker")
    run = happy.training.output["run"]

    def of_job(kind: str) -> str:
        listed = getattr(sagemaker, f"list_{kind}_jobs")(NameContains=run)[f"{kind.title()}JobSummaries"]
        name = {f"{kind.title()}JobName": listed[0][f"{kind.title()}JobName"]}
        return str(getattr(sagemaker, f"describe_{kind}_job")(**name)["RoleArn"])

    function = platform.client("lambda").get_function_configuration(
        FunctionName=platform.outputs["RecommendFunctionName"]
    )
    machine = platform.client("stepfunctions").describe_state_machine(
        stateMachineArn=platform.outputs[f"{PASCAL}StateMachineArn"]
    )
    return RolesOfARun(function["Role"], of_job("processing"), of_job("training"), machine["roleArn"])


@pytest.fixture(scope="session")
def studio(platform: DeployedPlatform) -> DeployedPlatform:
    """The shared platform with its network and Studio."""
    platform.deploy(STUDIO_STACKS)
    return platform


@pytest.fixture(scope="session")
def people(studio: DeployedPlatform) -> People:
    return People(
        data_scientist=acting_as_user(studio, "data-scientist"), lead=acting_as_user(studio, "lead")
    )


Register = Callable[..., str]


@pytest.fixture
def register(platform: DeployedPlatform, happy: HappyRun) -> Register:
    """Register a package that awaits approval: the happy run's but for the model's data or the sample."""
    s3, sagemaker = platform.client("s3"), platform.client("sagemaker")
    bucket = platform.outputs["ArtifactsBucketName"]

    def make(*, model: bytes | None = None, expected: str | None = None) -> str:
        like = sagemaker.describe_model_package(ModelPackageName=happy.package)
        prefix = f"runs/{WORKLOAD}/{uuid.uuid4().hex[:12]}"
        containers = like["InferenceSpecification"]["Containers"]
        metadata = dict(like["CustomerMetadataProperties"])
        if model is not None:
            s3.put_object(Bucket=bucket, Key=f"{prefix}/model.tar.gz", Body=model)
            containers = [
                {"Image": containers[0]["Image"], "ModelDataUrl": f"s3://{bucket}/{prefix}/model.tar.gz"}
            ]
        if expected is not None:
            recorded = json.loads(platform.artifacts(happy.artifacts_uri)["evaluation/sample.json"])
            changed = json.dumps({**recorded, "expected": expected}).encode()
            s3.put_object(Bucket=bucket, Key=f"{prefix}/evaluation/sample.json", Body=changed)
            metadata["sample_uri"] = f"s3://{bucket}/{prefix}/evaluation/sample.json"
        made = sagemaker.create_model_package(
            ModelPackageGroupName=ENDPOINT,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [{key: each[key] for key in ("Image", "ModelDataUrl")} for each in containers],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["application/jsonlines"],
            },
            CustomerMetadataProperties=metadata,
        )
        return str(made["ModelPackageArn"])

    return make
