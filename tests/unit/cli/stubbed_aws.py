"""An AWS that answers what a test tells it to; requests and answers are held against botocore's models."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import Stubber

from cli.target import Target

ARN = "arn:aws:states:us-east-1:000000000000"
TRAINING_MACHINE = f"{ARN}:stateMachine:training"
DEPLOYMENT_MACHINE = f"{ARN}:stateMachine:deployment"
PACKAGE_GROUP = "ml-dev-mysfit-recommender"
PACKAGE = f"arn:aws:sagemaker:us-east-1:000000000000:model-package/{PACKAGE_GROUP}/3"

OUTPUTS = {
    "storage": {"DataBucketName": "data-bucket"},
    "training": {
        "MysfitRecommenderStateMachineArn": TRAINING_MACHINE,
        "MysfitRecommenderModelPackageGroupName": PACKAGE_GROUP,
    },
    "serving": {
        "MysfitRecommenderEndpointName": "ml-dev-mysfit-recommender",
        "MysfitRecommenderDeploymentStateMachineArn": DEPLOYMENT_MACHINE,
    },
    "recommendation": {"ApiUrl": "https://abc123.execute-api.us-east-1.amazonaws.com/v1/"},
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
