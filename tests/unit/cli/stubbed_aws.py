"""An AWS that answers what a test tells it to; requests and answers are held against botocore's models."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.response import StreamingBody
from botocore.stub import Stubber

from cli.target import Target

ARN = "arn:aws:states:us-east-1:000000000000"
TRAINING_MACHINE = f"{ARN}:stateMachine:training"
DEPLOYMENT_MACHINE = f"{ARN}:stateMachine:deployment"
BATCH_MACHINE = f"{ARN}:stateMachine:batch"
ENDPOINT = "ml-dev-mysfit-recommender"
SWITCH = "/ml-dev/switched-off/mysfit-recommender"
PACKAGE_GROUP = "ml-dev-mysfit-recommender"
PACKAGE = f"arn:aws:sagemaker:us-east-1:000000000000:model-package/{PACKAGE_GROUP}/3"

OUTPUTS = {
    "storage": {"DataBucketName": "data-bucket"},
    "training": {
        "MysfitRecommenderStateMachineArn": TRAINING_MACHINE,
        "MysfitRecommenderModelPackageGroupName": PACKAGE_GROUP,
    },
    "serving": {
        "MysfitRecommenderEndpointName": ENDPOINT,
        "MysfitRecommenderSwitchParameterName": SWITCH,
        "MysfitRecommenderBatchStateMachineArn": BATCH_MACHINE,
        "MysfitRecommenderDeploymentStateMachineArn": DEPLOYMENT_MACHINE,
    },
    "recommendation": {"ApiUrl": "https://abc123.execute-api.us-east-1.amazonaws.com/v1/"},
    "website": {"SiteUrl": "https://d111111abcdef8.cloudfront.net/"},
}


@dataclass(frozen=True)
class StubbedTarget(Target):
    """A target whose clients answer from a script."""

    stubbers: dict[str, Stubber] = field(default_factory=dict, compare=False)

    def client(self, service: str) -> Any:
        """The stubbed client, which refuses every call that was not announced."""
        if service not in self.stubbers:
            client = boto3.client(
                service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
            )
            self.stubbers[service] = Stubber(client)
            self.stubbers[service].activate()
        return self.stubbers[service].client

    def expect(self, service: str, operation: str, answer: dict[str, Any], request: dict[str, Any]) -> None:
        """Announce a call and its answer."""
        self.client(service)
        self.stubbers[service].add_response(operation, answer, request)

    def refuse(self, service: str, operation: str, code: str, message: str) -> None:
        """Announce a call that AWS answers with an error."""
        self.client(service)
        self.stubbers[service].add_client_error(operation, code, message)


def expect_followed(
    target: StubbedTarget,
    *looks: dict[str, Any],
    events: Sequence[dict[str, Any]] = (),
    states: dict[str, dict[str, Any]] | None = None,
) -> None:
    """Announce what following an execution asks: its definition, and at each look how it stands."""
    asked = {"executionArn": looks[0]["executionArn"]}
    machine = {
        "stateMachineArn": looks[0]["stateMachineArn"],
        "name": "machine",
        "definition": json.dumps({"States": states or {}}),
        "roleArn": "arn:aws:iam::000000000000:role/machine",
        "updateDate": datetime(2026, 1, 1, tzinfo=UTC),
    }
    target.expect("stepfunctions", "describe_state_machine_for_execution", machine, asked)
    for look in looks:
        target.expect("stepfunctions", "describe_execution", look, asked)
        pages = {**asked, "includeExecutionData": False, "maxResults": 1000}
        target.expect("stepfunctions", "get_execution_history", {"events": list(events)}, pages)


def package_description(**changes: Any) -> dict[str, Any]:
    """What DescribeModelPackage answers for version 3."""
    return {
        "ModelPackageName": PACKAGE_GROUP,
        "ModelPackageGroupName": PACKAGE_GROUP,
        "ModelPackageVersion": 3,
        "ModelPackageArn": PACKAGE,
        "CreationTime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": {
            "run": "0123456789ab",
            "artifacts_uri": "s3://artifacts/runs/mysfit_recommender/0123456789ab/",
        },
    } | changes


def expect_served_package(target: StubbedTarget, package: str = PACKAGE) -> None:
    """Announce the calls that find and describe the model package which the endpoint serves."""
    expect_endpoint(target, package)
    described = package_description(ModelPackageArn=package)
    target.expect("sagemaker", "describe_model_package", described, {"ModelPackageName": package})


def expect_endpoint(target: StubbedTarget, package: str = PACKAGE) -> None:
    """Announce the calls that tell which model package the endpoint serves."""
    endpoint_arn = f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{ENDPOINT}"
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    endpoint = {
        "EndpointName": ENDPOINT,
        "EndpointArn": endpoint_arn,
        "EndpointStatus": "InService",
        "CreationTime": moment,
        "LastModifiedTime": moment,
    }
    tags = {"Tags": [{"Key": "model-package-arn", "Value": package}]}
    target.expect("sagemaker", "describe_endpoint", endpoint, {"EndpointName": ENDPOINT})
    target.expect("sagemaker", "list_tags", tags, {"ResourceArn": endpoint_arn})


def expect_artifact(target: StubbedTarget, name: str, document: Any) -> None:
    """Announce that a JSON document of the run's is read."""
    content = json.dumps(document).encode()
    key = f"runs/mysfit_recommender/0123456789ab/{name}"
    body = StreamingBody(io.BytesIO(content), len(content))
    target.expect("s3", "get_object", {"Body": body}, {"Bucket": "artifacts", "Key": key})
