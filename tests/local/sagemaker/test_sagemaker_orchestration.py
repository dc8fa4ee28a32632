"""SageMaker as Step Functions and CloudFormation call it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.running import ACCOUNT, Deploy, Execute, LocalAws, StackFailed, delete_stack, statement
from tests.local.sagemaker.workbench import KNN, Workbench

MakeMachine = Callable[..., str]

PERMISSIONS = (
    statement("sagemaker:*"),
    statement("iam:PassRole"),
    statement(["events:PutTargets", "events:PutRule", "events:DescribeRule"]),
)


def task(operation: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::sagemaker:{operation}"
    return {"Only": {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True, **more}}


def test_a_synchronous_task_gives_the_jobs_description(
    workbench: Workbench, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    machine = make_machine(task("createTrainingJob.sync", workbench.training_request(name)), *PERMISSIONS)

    # When
    ended = execute(machine)

    # Then
    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"]["TrainingJobStatus"] == "Completed"
    assert ended["output"]["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"/{name}/output/model.tar.gz")
    assert ended["output"]["CreationTime"] > 10**12


def test_a_failed_job_fails_the_task(
    workbench: Workbench, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    request = workbench.processing_request(name, "raise ValueError('bad data')")
    machine = make_machine(task("createProcessingJob.sync", request), *PERMISSIONS)

    # When
    ended = execute(machine)

    # Then
    assert ended["status"] == "FAILED"
    assert ended["error"] == "States.TaskFailed"
    cause = json.loads(ended["cause"])
    assert cause["ProcessingJobStatus"] == "Failed"
    assert cause["FailureReason"] == "AlgorithmError: ValueError: bad data, exit code: 1"


def test_a_transform_task(
    workbench: Workbench, model: str, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    request = workbench.transform_request(name, model, f"s3://{workbench.bucket}/data/test/")
    request["DataProcessing"] = {"InputFilter": "$[1:]"}
    machine = make_machine(task("createTransformJob.sync", request), *PERMISSIONS)

    # Then
    assert execute(machine)["output"]["TransformJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"}, "SageMaker.AmazonSageMakerException"),
        ({}, "SageMaker.ResourceInUseException"),
    ],
)
def test_refused_requests_have_awss_error_names(
    workbench: Workbench,
    make_machine: MakeMachine,
    execute: Execute,
    name: str,
    changes: dict[str, str],
    error: str,
) -> None:
    # Given
    if not changes:
        workbench.train(name)
    request = workbench.training_request(name, **changes)
    machine = make_machine(task("createTrainingJob.sync", request), *PERMISSIONS)

    # Then
    assert execute(machine)["error"] == error


def waiting(workbench: Workbench, name: str) -> dict[str, Any]:
    return workbench.processing_request(name, "import time; time.sleep(600)")


def test_a_stopped_execution_stops_its_job(
    local_aws: LocalAws, workbench: Workbench, make_machine: MakeMachine, name: str
) -> None:
    # Given
    states = local_aws.client("stepfunctions")
    machine = make_machine(task("createProcessingJob.sync", waiting(workbench, name)), *PERMISSIONS)
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    listed: list[Any] = []
    while not listed:
        listed = workbench.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]

    # When
    states.stop_execution(executionArn=execution)

    # Then
    assert workbench.ended("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"


def test_a_task_whose_time_is_up_stops_its_job(
    workbench: Workbench, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    states = task("createProcessingJob.sync", waiting(workbench, name), TimeoutSeconds=1)

    # When
    ended = execute(make_machine(states, *PERMISSIONS))

    # Then
    assert ended["error"] == "States.Timeout"
    assert workbench.ended("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"


def test_hosting_by_tasks(
    workbench: Workbench, trained: str, make_machine: MakeMachine, execute: Execute, name: str
) -> None:
    # Given
    def step(operation: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {**task(operation, arguments)["Only"], "Output": "{% $states.input %}", **more}

    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
    }
    model = {
        "ModelName": name,
        "ExecutionRoleArn": workbench.role,
        "PrimaryContainer": {"Image": KNN, "ModelDataUrl": trained},
    }
    states = {
        "Model": step("createModel", model, Next="Config"),
        "Config": step(
            "createEndpointConfig",
            {"EndpointConfigName": name, "ProductionVariants": [variant]},
            Next="Endpoint",
        ),
        "Endpoint": step("createEndpoint", {"EndpointName": name, "EndpointConfigName": name}),
    }
    for state in states.values():
        if "Next" in state:
            del state["End"]

    # When
    ended = execute(make_machine(states, *PERMISSIONS))

    # Then
    assert ended["status"] == "SUCCEEDED", ended
    assert workbench.settled(name)["EndpointStatus"] == "InService"
    workbench.sagemaker.delete_endpoint(EndpointName=name)


def hosting_resources(workbench: Workbench, data: str, memory: int, group: str) -> dict[str, Any]:
    variant = {
        "VariantName": "AllTraffic",
        "InitialVariantWeight": "1.0",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "ServerlessConfig": {"MemorySizeInMB": str(memory), "MaxConcurrency": 2},
    }
    return {
        "Group": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": group, "Tags": [{"Key": "team", "Value": "quiz"}]},
        },
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": workbench.role,
                "PrimaryContainer": {"Image": KNN, "ModelDataUrl": data},
            },
        },
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {"ProductionVariants": [variant]},
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
        },
    }


OUTPUTS = {
    "Endpoint": {"Fn::GetAtt": ["Endpoint", "EndpointName"]},
    "GroupArn": {"Ref": "Group"},
    "Config": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
}


def test_a_stack_hosts_a_model_and_changes_it(
    local_aws: LocalAws, workbench: Workbench, deploy: Deploy, trained: str, name: str
) -> None:
    # Given
    first = deploy(name, hosting_resources(workbench, trained, 1024, name), OUTPUTS)
    assert b"predicted_label" in workbench.invoke(first["Endpoint"], b"1,2")

    # When
    second = deploy(name, hosting_resources(workbench, trained, 2048, name), OUTPUTS)

    # Then
    assert second["Endpoint"] == first["Endpoint"]
    assert second["Config"] != first["Config"]
    described = workbench.sagemaker.describe_endpoint(EndpointName=second["Endpoint"])
    assert described["EndpointConfigName"] == second["Config"]
    tags = {
        tag["Key"]: tag["Value"]
        for tag in workbench.sagemaker.list_tags(ResourceArn=second["GroupArn"])["Tags"]
    }
    assert tags["team"] == "quiz"
    assert tags["aws:cloudformation:stack-name"] == name

    # When
    assert delete_stack(local_aws.client("cloudformation"), name) == "DELETE_COMPLETE"

    # Then
    for listing, member in (("list_endpoints", "Endpoints"), ("list_models", "Models")):
        assert getattr(workbench.sagemaker, listing)(NameContains=name)[member] == []


def test_a_refused_resource_fails_its_stack(
    workbench: Workbench, deploy: Deploy, trained: str, name: str
) -> None:
    with pytest.raises(StackFailed, match="1 GB increments"):
        deploy(name, hosting_resources(workbench, trained, 1500, name))
