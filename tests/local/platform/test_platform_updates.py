"""Endpoints on instances: traffic shifts without a failed request, alarms put the older model back, and
scaling is on whenever the endpoint is at rest."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.local.platform.conftest import HappyRun, Register
from tests.local.platform.deployed import ENDPOINT, DeployedPlatform, synthesize

# The waits are a twentieth of this on the local AWS.
ON_INSTANCES = {
    "serving": {
        "type": "real_time",
        "instance_type": "ml.m5.large",
        "instance_count": 2,
        "auto_scaling": {"min_instances": 2, "max_instances": 4, "invocations_per_instance": 600},
        "update": {"traffic": "canary", "step_percent": 50, "wait_seconds": 100},
    }
}
TARGET = f"endpoint/{ENDPOINT}/variant/AllTraffic"
SERVING = ("ml-dev-serving",)


@pytest.fixture(scope="module")
def on_instances(
    platform: DeployedPlatform, happy: HappyRun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedPlatform]:
    """The platform with the workload served on instances; at the end it is as before."""
    before = platform.assembly
    platform.assembly = synthesize(tmp_path_factory.mktemp("on-instances"), ON_INSTANCES)
    platform.deploy(SERVING)
    platform.remove_endpoint()
    deployed = platform.deploy_package(happy.package)
    assert deployed.output["outcome"] == "Deployed", deployed
    yield platform
    platform.assembly = before
    platform.deploy(SERVING)
    platform.remove_endpoint()


def scaling(platform: DeployedPlatform) -> tuple[list[Any], list[Any]]:
    """The endpoint's scalable targets and their policies."""
    client = platform.client("application-autoscaling")
    targets = client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[TARGET])
    policies = client.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=TARGET)
    return targets["ScalableTargets"], policies["ScalingPolicies"]


@contextmanager
def asking(platform: DeployedPlatform) -> Iterator[list[int]]:
    """Ask the API all the time; gives the answers' status codes."""
    answered: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.05):
            answered.append(platform.ask().status)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answered
    finally:
        done.set()
        thread.join()


def is_baking(platform: DeployedPlatform) -> bool:
    described = platform.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    return "Baking" in json.dumps(described.get("PendingDeploymentSummary", {}), default=str)


def test_an_update_under_load_fails_no_request(on_instances: DeployedPlatform, register: Register) -> None:
    # Given an endpoint on instances, which scale
    before = on_instances.hosted()
    (target,), (policy,) = scaling(on_instances)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 600
    # When another model is deployed while the API is asked
    package = register()
    with asking(on_instances) as answered:
        ended = on_instances.approve(package)
    # Then it came by a canary, serves, scales, and no request failed
    assert ended.output["outcome"] == "Deployed"
    hosted = on_instances.hosted()
    assert hosted.is_tidy()
    assert hosted.package == package
    assert hosted.configs != before.configs
    described = on_instances.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    routing = described["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert len(scaling(on_instances)[0]) == len(scaling(on_instances)[1]) == 1
    assert set(answered) == {200}


def test_an_alarm_puts_the_older_model_back_and_no_request_fails(
    on_instances: DeployedPlatform, register: Register
) -> None:
    # Given a model on its way to the endpoint
    before, package = on_instances.hosted(), register()
    cloudwatch = on_instances.client("cloudwatch")
    (alarm,) = [
        one["AlarmName"]
        for one in cloudwatch.describe_alarms()["MetricAlarms"]
        if one.get("MetricName") == "Invocation5XXErrors"  # others look at an expression
        and {"Name": "EndpointName", "Value": ENDPOINT} in one["Dimensions"]
        and one["AlarmName"].startswith(SERVING)
    ]
    with asking(on_instances) as answered:
        on_instances.client("sagemaker").update_model_package(
            ModelPackageArn=package, ModelApprovalStatus="Approved"
        )
        on_instances.until(lambda: is_baking(on_instances), "the update never baked")
        # When its alarm goes off
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="the test wants it")
        ended = on_instances.deployment_of(package)
    # Then the deployment failed, and says which alarm it was and what serves
    assert (ended.status, ended.error) == ("FAILED", "RolledBackByAlarm")
    assert alarm in ended.cause
    assert "put the older model back, which serves on" in ended.cause
    # And all is as it was, but for the package, which is rejected
    after = on_instances.hosted()
    assert (after.endpoint, after.tags) == (before.endpoint, before.tags)
    assert (after.configs, after.models) == (before.configs, before.models)
    assert after.packages[package] == "Rejected"
    assert len(scaling(on_instances)[0]) == 1
    assert set(answered) == {200}


def test_switching_off_takes_the_scaling_along_and_on_brings_it_back(on_instances: DeployedPlatform) -> None:
    before = on_instances.hosted()
    assert on_instances.switch("off").output["outcome"] == "SwitchedOff"
    assert scaling(on_instances) == ([], [])
    assert on_instances.switch("on").output["outcome"] == "Deployed"
    assert on_instances.hosted() == before
    assert len(scaling(on_instances)[0]) == len(scaling(on_instances)[1]) == 1
