"""The platform's own life: through a crash of the local AWS, and to its end by `cdk destroy`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.platform.deployed import PASCAL, STACKS, DeployedPlatform
from tests.local.platform.raw_data import sample
from tests.local.running import LocalAws

# What `cdk bootstrap` made stays; all else in the account was the platform's.
BOOTSTRAP = ("cdk-hnb659fds-", "CDKToolkit", "/cdk-bootstrap/")
LISTS: list[tuple[str, str, str, str]] = [
    ("apigateway", "get_rest_apis", "items", "name"),
    ("cloudtrail", "list_trails", "Trails", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ("sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    ("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
    ("sagemaker", "list_models", "Models", "ModelName"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
]


@pytest.fixture(scope="module")
def spare(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPlatform]:
    """A platform that no other module shares: its local AWS is ended, its stacks are destroyed."""
    aws = LocalAws(tmp_path_factory.mktemp("spare"))
    aws.start()
    yield DeployedPlatform(aws, assembly)
    aws.kill()


@pytest.fixture
def serving(spare: DeployedPlatform) -> DeployedPlatform:
    """The same, deployed, with a model that serves."""
    if not stands(spare):
        serve(spare)
    return spare


def stands(platform: DeployedPlatform) -> bool:
    """Whether all of it is deployed and serves."""
    stacks = platform.client("cloudformation").describe_stacks()["Stacks"]
    return {stack["StackName"] for stack in stacks}.issuperset(STACKS) and platform.hosted().is_tidy()


def serve(platform: DeployedPlatform) -> None:
    """Do what `make local` does: all of it again, where nothing is left of it."""
    platform.bootstrap()
    platform.deploy()
    trained = platform.train(platform.upload(sample(rows=500)))
    assert trained.status == "SUCCEEDED", trained
    deployed = platform.deployment_of(trained.output["model_package_arn"])
    assert deployed.output["outcome"] == "Deployed"
    assert platform.hosted().is_tidy()
    assert platform.ask().status == 200


def test_after_a_crash_in_the_middle_of_a_run_all_can_be_deployed_again(spare: DeployedPlatform) -> None:
    spare.bootstrap()
    spare.deploy(("ml-dev-training",))
    source = spare.upload(sample(rows=2000, seed=2))
    spare.start_training({"sources": {"answers.csv": {"uri": source}}})
    spare.until(lambda: bool(spare.running_jobs()), "the run has no job")

    spare.aws.kill()
    spare.aws.start()

    serve(spare)


def test_after_an_orderly_stop_the_platform_goes_on(serving: DeployedPlatform) -> None:
    before = serving.hosted()

    assert serving.aws.stop() == 0
    serving.aws.start()

    serving.until(lambda: serving.hosted() == before, "the endpoint is not in service again")
    assert serving.ask().status == 200
    again = serving.train(serving.upload(sample(rows=500, seed=3)))
    assert again.status == "SUCCEEDED", again
    assert serving.deployment_of(again.output["model_package_arn"]).output["outcome"] == "Deployed"
    assert serving.hosted().is_tidy()


def test_a_deployment_that_an_orderly_stop_cut_short_holds_up_no_later_one(
    serving: DeployedPlatform,
) -> None:
    package = serving.hosted().package
    cut_short = serving.start_deployment(package)

    assert serving.aws.stop() == 0
    serving.aws.start()

    assert serving.deploy_package(package).output["outcome"] == "Deployed"
    assert serving.ended(cut_short).status in {"ABORTED", "FAILED"}


def left_over(platform: DeployedPlatform) -> dict[str, list[str]]:
    """The names of all that is in the account, by the operation that lists it."""
    found = {}
    for service, operation, key, name in LISTS:
        listed = getattr(platform.client(service), operation)()[key]
        names = [str(one[name]) for one in listed if not str(one[name]).startswith(BOOTSTRAP)]
        if names:
            found[operation] = names
    return found


def enabled_keys(platform: DeployedPlatform) -> list[Any]:
    kms = platform.client("kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    return [key for key in keys if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"]


def test_destroying_the_stacks_leaves_nothing(serving: DeployedPlatform) -> None:
    serving.train(serving.upload(b""))  # a run that fails leaves its traces too
    machine = serving.outputs[f"{PASCAL}StateMachineArn"]
    assert serving.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert left_over(serving).keys() >= {"list_endpoints", "list_models", "describe_log_groups"}

    serving.destroy()

    assert left_over(serving) == {}
    assert enabled_keys(serving) == []
    stacks = serving.client("cloudformation").describe_stacks()["Stacks"]
    assert {stack["StackName"] for stack in stacks}.isdisjoint(STACKS)
