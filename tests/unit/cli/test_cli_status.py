import io
import json
from datetime import UTC, datetime

from rich.console import Console

from cli import status
from cli.platform import Platform
from tests.unit.cli.stubbed_aws import (
    ARN,
    PACKAGE,
    PACKAGE_GROUP,
    SWITCH,
    TRAINING_MACHINE,
    StubbedTarget,
    package_description,
)

ENDPOINT = "ml-dev-mysfit-recommender"
ENDPOINT_ARN = f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{ENDPOINT}"
START = datetime(2026, 1, 1, tzinfo=UTC)


def rendered(found: status.WorkloadStatus) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(status.table([found]))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_workload_that_has_come_all_the_way(platform: Platform, target: StubbedTarget) -> None:
    # Given an execution, a package, and an endpoint that serves an older package
    execution = {
        "executionArn": f"{ARN}:execution:training:one",
        "stateMachineArn": TRAINING_MACHINE,
        "name": "one",
        "status": "RUNNING",
        "startDate": START,
    }
    asked = {"stateMachineArn": TRAINING_MACHINE, "maxResults": 1}
    target.expect("stepfunctions", "list_executions", {"executions": [execution]}, asked)
    summary = {"ModelPackageArn": PACKAGE, "CreationTime": START, "ModelPackageStatus": "Completed"}
    listing = {
        "ModelPackageGroupName": PACKAGE_GROUP,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    target.expect("sagemaker", "list_model_packages", {"ModelPackageSummaryList": [summary]}, listing)
    target.expect("sagemaker", "describe_model_package", package_description(), {"ModelPackageName": PACKAGE})
    endpoint = {
        "EndpointName": ENDPOINT,
        "EndpointArn": ENDPOINT_ARN,
        "EndpointStatus": "InService",
        "CreationTime": START,
        "LastModifiedTime": START,
    }
    target.expect("sagemaker", "describe_endpoint", endpoint, {"EndpointName": ENDPOINT})
    tags = {"Tags": [{"Key": "model-package-arn", "Value": PACKAGE[:-1] + "2"}]}
    target.expect("sagemaker", "list_tags", tags, {"ResourceArn": ENDPOINT_ARN})

    # When its status is asked
    found = status.of_workload(platform, platform.workloads[0])

    # Then all of it is there, for scripts and for people
    document = found.document()
    assert document["execution"]["status"] == "RUNNING"
    assert document["package"]["approval"] == "PendingManualApproval"
    assert document["endpoint"]["serves"] == PACKAGE[:-1] + "2"
    assert "version 3, PendingManualApproval" in rendered(found)
    assert "version 2" in rendered(found)


def test_a_workload_that_was_never_trained(platform: Platform, target: StubbedTarget) -> None:
    asked = {"stateMachineArn": TRAINING_MACHINE, "maxResults": 1}
    target.expect("stepfunctions", "list_executions", {"executions": []}, asked)
    listing = {
        "ModelPackageGroupName": PACKAGE_GROUP,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    target.expect("sagemaker", "list_model_packages", {"ModelPackageSummaryList": []}, listing)
    message = f'Could not find endpoint "{ENDPOINT}".'
    target.refuse("sagemaker", "describe_endpoint", "ValidationException", message)
    target.expect("ssm", "get_parameters", {"Parameters": []}, {"Names": [SWITCH]})

    found = status.of_workload(platform, platform.workloads[0])

    assert found == status.WorkloadStatus("mysfit_recommender", None, None, None)
    assert "mysfit_recommender" in rendered(found)


def test_an_endpoint_that_is_switched_off_is_shown_with_what_it_will_serve(
    platform: Platform, target: StubbedTarget
) -> None:
    # Given no endpoint, and the parameter of one that is switched off
    message = f'Could not find endpoint "{ENDPOINT}".'
    target.refuse("sagemaker", "describe_endpoint", "ValidationException", message)
    value = json.dumps({"config": f"{ENDPOINT}-0123456789ab", "package": PACKAGE, "approved_at": "2026"})
    target.expect("ssm", "get_parameters", {"Parameters": [{"Value": value}]}, {"Names": [SWITCH]})

    # When
    found = status.endpoint_of(platform, platform.workloads[0])

    # Then
    assert found == status.Endpoint(ENDPOINT, "SwitchedOff", PACKAGE)
    shown = rendered(status.WorkloadStatus("mysfit_recommender", None, None, found))
    assert "SwitchedOff" in shown
    assert "version 3" in shown
