from dataclasses import replace

import pytest

from cli.errors import OperatorError
from cli.local.distribution import distribution_address
from cli.platform import Platform, load_settings
from cli.target import TargetName
from settings.workload import Workload
from tests.unit.cli.stubbed_aws import StubbedTarget


@pytest.fixture
def undeployed(platform: Platform) -> Platform:
    return replace(platform, _outputs={})


def test_a_workload_is_found_by_its_name_and_its_slug(platform: Platform, workload: Workload) -> None:
    assert platform.workload("mysfit_recommender") is workload
    assert platform.workload("mysfit-recommender") is workload


def test_an_unknown_workload_is_answered_with_those_there_are(platform: Platform) -> None:
    with pytest.raises(OperatorError, match=r"'mysfits'.*There are: mysfit_recommender\."):
        platform.workload("mysfits")


def test_names_are_read_from_the_stacks_outputs_once(
    undeployed: Platform, target: StubbedTarget, workload: Workload
) -> None:
    outputs = [
        {"OutputKey": "MysfitRecommenderEndpointName", "OutputValue": "the-endpoint"},
        {"OutputKey": "MysfitRecommenderDeploymentStateMachineArn", "OutputValue": "the-arn"},
    ]
    stack = {
        "StackName": "ml-dev-serving",
        "CreationTime": "2026-01-01",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": outputs,
    }
    target.expect("cloudformation", "describe_stacks", {"Stacks": [stack]}, {"StackName": "ml-dev-serving"})

    assert undeployed.endpoint(workload) == "the-endpoint"
    assert undeployed.deployment_state_machine(workload) == "the-arn"


def test_a_stack_that_is_not_deployed_is_answered_with_how_to_deploy_it(
    undeployed: Platform, target: StubbedTarget
) -> None:
    message = "Stack with id ml-dev-storage does not exist"
    target.refuse("cloudformation", "describe_stacks", "ValidationError", message)

    with pytest.raises(OperatorError, match=r"ml-dev-storage isn't deployed .* `make local ENV=dev`"):
        _ = undeployed.data_bucket


def test_an_output_that_is_missing_is_named(platform: Platform) -> None:
    older = replace(platform, _outputs={"storage": {}})

    with pytest.raises(OperatorError, match="has no output DataBucketName: it was deployed from older code"):
        _ = older.data_bucket


def test_the_api_of_the_local_aws_is_reached_under_its_own_address(platform: Platform) -> None:
    assert platform.api_url == "http://127.0.0.1:4566/_aws/execute-api/abc123/v1"


def test_the_api_on_aws_is_reached_under_the_address_of_the_stack(platform: Platform) -> None:
    on_aws = replace(platform, target=StubbedTarget(TargetName.AWS))

    assert on_aws.api_url == "https://abc123.execute-api.us-east-1.amazonaws.com/v1"


def test_the_site_on_aws_is_reached_under_the_address_of_the_stack(platform: Platform) -> None:
    on_aws = replace(platform, target=StubbedTarget(TargetName.AWS))

    assert on_aws.site_url == "https://d111111abcdef8.cloudfront.net/"


def test_the_site_of_the_local_aws_is_reached_where_that_serves_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = {("http://127.0.0.1:4566", "d111111abcdef8.cloudfront.net"): "http://127.0.0.1:8123/"}
    monkeypatch.setattr("cli.platform.distribution_address", lambda *asked: addresses[asked])

    assert platform.site_url == "http://127.0.0.1:8123/"


def test_a_local_aws_that_does_not_say_where_the_site_is_is_told_of() -> None:
    with pytest.raises(OperatorError, match=r"doesn't say where d1\.cloudfront\.net is"):
        distribution_address("http://127.0.0.1:1", "d1.cloudfront.net")


def test_an_unknown_environment_is_answered_with_those_there_are() -> None:
    with pytest.raises(OperatorError, match=r"environment.*staging.*dev, prod"):
        load_settings("staging")
