"""Requests are validated, listed and paged as AWS does, and callers need their permissions."""

import http.client
import json
from datetime import timedelta
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, LocalAws, MakeRole, statement
from tests.local.sagemaker.workbench import KNN, SKLEARN, Workbench

PATTERN = "Member must satisfy regular expression pattern: "


def answer_to(aws: LocalAws, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """The answer to a request as it stands, which boto3 would refuse to send."""
    request = botocore.awsrequest.AWSRequest(
        "POST",
        f"{aws.endpoint_url}/",
        {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"},
        body,
    )
    botocore.auth.SigV4Auth(
        botocore.credentials.Credentials("test", "test"), "sagemaker", "us-east-1"
    ).add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", aws.port)
    connection.request("POST", "/", body, dict(request.headers.items()))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.mark.parametrize(
    ("operation", "params", "faults"),
    [
        ("CreateModelPackageGroup", {}, ["Value null at 'modelPackageGroupName': Member must not be null"]),
        (
            "CreateModelPackageGroup",
            {"ModelPackageGroupName": "a b"},
            [f"Value 'a b' at 'modelPackageGroupName': {PATTERN}[a-zA-Z0-9](-*[a-zA-Z0-9]){{0,62}}"],
        ),
        (
            "ListModels",
            {"SortOrder": "Up", "MaxResults": 0},
            [
                "Value 'Up' at 'sortOrder': Member must satisfy enum value set: [Ascending, Descending]",
                "Value '0' at 'maxResults': Member must have value greater than or equal to 1",
            ],
        ),
        (
            "DescribeModel",
            {"ModelName": "m", "Nme": "m"},
            ['Unknown parameter in input: "Nme", must be one of: ModelName'],
        ),
    ],
)
def test_the_service_model_is_enforced(
    local_aws: LocalAws, operation: str, params: dict[str, Any], faults: list[str]
) -> None:
    # When
    status, answer = answer_to(local_aws, operation, json.dumps(params).encode())

    # Then
    assert (status, answer["__type"]) == (400, "ValidationException")
    count, _, text = answer["message"].partition(" detected: ")
    assert count == ("1 validation error" if len(faults) == 1 else f"{len(faults)} validation errors")
    assert text.replace(" failed to satisfy constraint", "") == "; ".join(faults)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"ModelName": 5}', b'{"ModelName": ["m"]}'])
def test_values_of_the_wrong_type(local_aws: LocalAws, body: bytes) -> None:
    status, answer = answer_to(local_aws, "DescribeModel", body)
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_operations_that_are_not_there_say_so(local_aws: LocalAws) -> None:
    status, answer = answer_to(local_aws, "CreateCluster", b"{}")
    assert (status, answer["__type"]) == (400, "UnknownOperationException")
    assert "It has: AddTags, CreateApp" in answer["message"]


@pytest.mark.parametrize(
    ("operation", "arguments", "code", "said"),
    [
        (
            "describe_training_job",
            {"TrainingJobName": "no"},
            "ValidationException",
            "Requested resource not found.",
        ),
        (
            "describe_model",
            {"ModelName": "no"},
            "ValidationException",
            'Could not find model "arn:aws:sagemaker',
        ),
        ("describe_endpoint", {"EndpointName": "no"}, "ValidationException", 'Could not find endpoint "arn'),
        (
            "delete_endpoint_config",
            {"EndpointConfigName": "no"},
            "ValidationException",
            "Could not find endpoint c",
        ),
        (
            "stop_transform_job",
            {"TransformJobName": "no"},
            "ValidationException",
            "Could not find requested job",
        ),
        (
            "list_tags",
            {"ResourceArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/no"},
            "ValidationException",
            "no",
        ),
    ],
)
def test_missing_resources(
    workbench: Workbench, operation: str, arguments: dict[str, str], code: str, said: str
) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(workbench.sagemaker, operation)(**arguments)
    assert raised.value.response["Error"]["Code"] == code
    assert said in raised.value.response["Error"]["Message"]


def test_names_are_given_once(workbench: Workbench, model: str, trained: str, name: str) -> None:
    # Given
    workbench.process(name, "")
    workbench.make_config(name, model)

    # Then
    with pytest.raises(ClientError) as job:
        workbench.process(name, "")
    assert job.value.response["Error"]["Code"] == "ResourceInUse"
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        workbench.make_config(name, model)
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        workbench.make_model(model, trained)


def test_models_need_data_that_their_role_can_read(
    workbench: Workbench, make_role: MakeRole, trained: str, name: str
) -> None:
    with pytest.raises(ClientError, match=r"Could not access model data at .*/missing\.tar\.gz"):
        workbench.make_model(name, f"s3://{workbench.bucket}/missing.tar.gz")
    with pytest.raises(ClientError, match='Also ensure that the role has "s3:GetObject" permissions'):
        workbench.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=make_role("sagemaker.amazonaws.com"),
            PrimaryContainer={"Image": KNN, "ModelDataUrl": trained},
        )
    with pytest.raises(ClientError, match="does not serve models"):
        workbench.make_model(name, trained, Image=SKLEARN)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/no-such-role"}, "Could not assume role"),
        ({"ResourceConfig": {"VolumeSizeInGB": 1}}, "InstanceType and InstanceCount must be specified"),
        (
            {
                "ResourceConfig": {
                    "InstanceType": "ml.g4dn.xlarge",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 1,
                    "VolumeKmsKeyId": "some-key",
                }
            },
            "VolumeKmsKeyId is not supported for instance type ml.g4dn.xlarge",
        ),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "exactly one of TrainingImage"),
        (
            {"AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "knn:1"}},
            "'knn:1' is not an ECR image address",
        ),
        (
            {
                "AlgorithmSpecification": {
                    "TrainingInputMode": "File",
                    "TrainingImage": "382416733822.dkr.ecr.eu-west-1.amazonaws.com/knn:1",
                }
            },
            "is in region eu-west-1",
        ),
        (
            {"AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": SKLEARN}},
            "has no training entry point",
        ),
    ],
)
def test_training_requests_that_aws_refuses(
    workbench: Workbench, name: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError) as raised:
        workbench.sagemaker.create_training_job(**workbench.training_request(name, **changes))
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    assert said in raised.value.response["Error"]["Message"]


def test_a_role_that_trusts_another_service(workbench: Workbench, make_role: MakeRole, name: str) -> None:
    request = workbench.training_request(name, RoleArn=make_role("lambda.amazonaws.com"))
    with pytest.raises(ClientError, match="to assume the role"):
        workbench.sagemaker.create_training_job(**request)


def test_lists_are_paged_sorted_and_filtered(workbench: Workbench, model: str, name: str) -> None:
    # Given
    names = [workbench.make_config(f"{name}-{number}", model) for number in range(5)]

    # When
    pages = workbench.sagemaker.get_paginator("list_endpoint_configs").paginate(
        NameContains=name.upper(), SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    listed = [[item["EndpointConfigName"] for item in page["EndpointConfigs"]] for page in pages]

    # Then
    assert listed == [names[:2], names[2:4], names[4:]]
    newest = workbench.sagemaker.list_endpoint_configs(NameContains=name, MaxResults=1)["EndpointConfigs"]
    assert newest[0]["EndpointConfigName"] == names[-1]
    after = newest[0]["CreationTime"] + timedelta(seconds=1)
    later = workbench.sagemaker.list_endpoint_configs(NameContains=name, CreationTimeAfter=after)
    assert later["EndpointConfigs"] == []
    with pytest.raises(ClientError, match="Invalid pagination token"):
        workbench.sagemaker.list_endpoint_configs(NextToken="forged")


def test_jobs_are_listed_by_status(workbench: Workbench, name: str) -> None:
    # Given
    workbench.process(f"{name}-good", "")
    workbench.process(f"{name}-bad", "raise SystemExit(3)")

    # When
    failed = workbench.sagemaker.list_processing_jobs(NameContains=name, StatusEquals="Failed")

    # Then
    (summary,) = failed["ProcessingJobSummaries"]
    assert summary["ProcessingJobName"] == f"{name}-bad"
    assert summary["FailureReason"].endswith("exit code: 3")


def test_tags(workbench: Workbench, model: str, name: str) -> None:
    # Given
    workbench.make_config(name, model)
    arn = workbench.sagemaker.describe_endpoint_config(EndpointConfigName=name)["EndpointConfigArn"]

    # When
    workbench.sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    workbench.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])

    # Then
    assert workbench.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (["iam:PassRole", "sagemaker:AddTags"], "sagemaker:CreateTrainingJob"),
        (["sagemaker:CreateTrainingJob", "sagemaker:AddTags"], "iam:PassRole"),
        (["sagemaker:CreateTrainingJob", "iam:PassRole"], "sagemaker:AddTags"),
    ],
)
def test_a_caller_needs_every_permission(
    local_aws: LocalAws, workbench: Workbench, make_role: MakeRole, name: str, given: list[str], missing: str
) -> None:
    # Given
    caller = local_aws.as_role("sagemaker", make_role(None, statement(given)))
    request = workbench.training_request(name, Tags=[{"Key": "a", "Value": "b"}])

    # Then
    with pytest.raises(ClientError) as raised:
        caller.create_training_job(**request)
    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"is not authorized to perform: {missing}" in raised.value.response["Error"]["Message"]


def test_an_endpoint_is_invoked_by_those_who_may(
    local_aws: LocalAws, make_role: MakeRole, endpoint: str
) -> None:
    # Given
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint"
    may = make_role(None, statement("sagemaker:InvokeEndpoint", f"{arn}/{endpoint}"))
    may_not = make_role(None, statement("sagemaker:InvokeEndpoint", f"{arn}/another"))

    def invoke(role: str) -> Any:
        runtime = local_aws.as_role("sagemaker-runtime", role)
        return runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=b"1,2")

    # Then
    assert b"predicted_label" in invoke(may)["Body"].read()
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:InvokeEndpoint"):
        invoke(may_not)
