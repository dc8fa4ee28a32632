"""Model package groups, versions, approval, and the events that tell of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import LocalAws
from tests.local.sagemaker.workbench import KNN, Workbench

Register = Callable[..., str]


@pytest.fixture
def group(workbench: Workbench, name: str) -> str:
    workbench.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


@pytest.fixture
def register(workbench: Workbench, group: str, trained: str) -> Register:
    """Register the trained model in the group, and give the version's ARN."""

    def make(**changes: Any) -> str:
        request = {
            "ModelPackageGroupName": group,
            "InferenceSpecification": {
                "Containers": [{"Image": KNN, "ModelDataUrl": trained}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            "CustomerMetadataProperties": {"run": "abc"},
            **changes,
        }
        return str(workbench.sagemaker.create_model_package(**request)["ModelPackageArn"])

    return make


def test_versions_count_up_and_are_never_given_again(
    workbench: Workbench, group: str, register: Register
) -> None:
    # Given
    first, second = register(), register()

    # When
    workbench.sagemaker.delete_model_package(ModelPackageName=second)
    third = register()

    # Then
    assert [arn.rpartition(":")[2] for arn in (first, third)] == [
        f"model-package/{group}/1",
        f"model-package/{group}/3",
    ]
    described = workbench.sagemaker.describe_model_package(ModelPackageName=third)
    assert described["ModelPackageVersion"] == 3
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert "ModelPackageName" not in described


def test_approval_and_metadata_change(workbench: Workbench, register: Register) -> None:
    # Given
    arn = register()

    # When
    workbench.sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="accuracy 0.6",
        CustomerMetadataProperties={"approver": "me"},
        CustomerMetadataPropertiesToRemove=["run"],
    )

    # Then
    described = workbench.sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "accuracy 0.6"
    assert described["CustomerMetadataProperties"] == {"approver": "me"}


def test_a_package_is_deployed(workbench: Workbench, register: Register, name: str) -> None:
    # Given
    package = register(ModelApprovalStatus="Approved")
    workbench.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=workbench.role, PrimaryContainer={"ModelPackageName": package}
    )

    # When
    workbench.serve(name, workbench.make_config(name, name))

    # Then
    assert b"predicted_label" in workbench.invoke(name, b"1,2")
    workbench.sagemaker.delete_endpoint(EndpointName=name)


def test_lists_filter_by_group_and_approval(workbench: Workbench, group: str, register: Register) -> None:
    # Given
    pending, approved = register(), register(ModelApprovalStatus="Approved")

    def listed(**query: Any) -> list[str]:
        answer = workbench.sagemaker.list_model_packages(ModelPackageGroupName=group, **query)
        return [item["ModelPackageArn"] for item in answer["ModelPackageSummaryList"]]

    # Then
    assert listed() == [pending, approved]
    assert listed(SortBy="CreationTime", SortOrder="Descending") == [approved, pending]
    assert listed(ModelApprovalStatus="Approved") == [approved]
    groups = workbench.sagemaker.list_model_package_groups(NameContains=group)["ModelPackageGroupSummaryList"]
    assert [item["ModelPackageGroupName"] for item in groups] == [group]


def test_what_the_registry_refuses(workbench: Workbench, group: str, register: Register) -> None:
    register()
    with pytest.raises(ClientError, match="Tags are not supported for versioned model packages"):
        register(Tags=[{"Key": "a", "Value": "b"}])
    with pytest.raises(ClientError, match=r"ModelPackageGroup arn:aws:.*/no-such-group does not exist"):
        register(ModelPackageGroupName="no-such-group")
    with pytest.raises(ClientError, match="Model Package Group already exists"):
        workbench.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="cannot be deleted: it contains 1 model package versions"):
        workbench.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="does not exist"):
        workbench.sagemaker.describe_model_package(ModelPackageName=group + "/9")


def test_approval_is_told_as_an_event(
    local_aws: LocalAws, workbench: Workbench, group: str, register: Register, name: str
) -> None:
    # Given a rule for approved packages of the group, with a queue as its target
    sqs, events = local_aws.client("sqs"), local_aws.client("events")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": [group], "ModelApprovalStatus": ["Approved"]},
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [statement]})})

    # When
    package = register()
    workbench.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")

    # Then
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    event = json.loads(message["Body"])
    assert event["resources"] == [package]
    detail = event["detail"]
    assert detail["ModelPackageArn"] == package
    assert detail["ModelPackageVersion"] == 1
    assert detail["UpdatedModelPackageFields"] == ["ModelApprovalStatus"]
    assert detail["CreationTime"].endswith("Z")
