"""Updates that shift the traffic between two fleets, and go back when an alarm goes off."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import MakeRole, statement, until
from tests.local.sagemaker.workbench import Workbench, csv, rows

QUESTION = b"9,1"
OLD, NEW = 1.0, 0.0
ASKING = 2
INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}


@pytest.fixture(scope="module")
def opposite(workbench: Workbench) -> str:
    """A model that answers the opposite of the shared one, so that it is known who answered."""
    flipped = [f"{1 - int(row[0])}{row[1:]}" for row in rows(500)]
    uri = workbench.put("opposite/train.csv", csv(flipped)).removesuffix("train.csv")
    job = workbench.train("opposite", InputDataConfig=[workbench.channel("train", uri)])
    return workbench.make_model("opposite", str(job["ModelArtifacts"]["S3ModelArtifacts"]))


@pytest.fixture
def serving(workbench: Workbench, model: str, opposite: str, name: str) -> Iterator[str]:
    """An endpoint on two instances, and a configuration `<endpoint>-2` of the other model."""
    workbench.serve(name, workbench.make_config(f"{name}-1", model, **INSTANCES))
    workbench.make_config(f"{name}-2", opposite, **INSTANCES)
    yield name
    workbench.settled(name)
    workbench.sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture
def alarm(workbench: Workbench, name: str) -> str:
    """The name of an alarm that is OK, and stays what it is set to, for it gets no data."""
    cloudwatch = workbench.aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "None"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.05,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="the test begins")
    return name


def deployment_config(kind: str, wait: int, *alarms: str, **policy: Any) -> dict[str, Any]:
    """A blue/green update with steps of a half."""
    sizes = {"CANARY": {"CanarySize": HALF}, "LINEAR": {"LinearStepSize": HALF}}
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes.get(kind, {})}
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}}
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy},
        **(rollback if alarms else {}),
    }


def update(workbench: Workbench, endpoint: str, **request: Any) -> None:
    workbench.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-2", **request)


class Asked:
    """What an endpoint answered to one who asked without a pause."""

    def __init__(self) -> None:
        self.answers: list[float] = []
        self.failures: list[Exception] = []

    def more(self, count: int) -> list[float]:
        """The next so many answers."""
        begun = len(self.answers)
        until(lambda: len(self.answers) >= begun + count, f"{self.answers[begun:]}, {self.failures}")
        return self.answers[begun : begun + count]

    def since_settled(self) -> set[float]:
        """Which answers come from now on, but for those that were under way."""
        return set(self.more(ASKING + 20)[ASKING:])


@contextmanager
def asking(workbench: Workbench, endpoint: str) -> Iterator[Asked]:
    asked, done = Asked(), threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                answer = json.loads(workbench.invoke(endpoint, QUESTION))
                asked.answers.append(answer["predictions"][0]["predicted_label"])
            except ClientError as error:
                asked.failures.append(error)
            time.sleep(0.005)

    threads = [threading.Thread(target=ask) for _ in range(ASKING)]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        done.set()
        for thread in threads:
            thread.join()


def baking(endpoint: dict[str, Any]) -> bool:
    pending = endpoint.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
    return [variant["VariantStatus"][0]["Status"] for variant in pending] == ["Baking"]


@pytest.mark.parametrize("kind", ["CANARY", "LINEAR"])
def test_both_fleets_answer_until_the_last_step_and_no_request_fails(
    workbench: Workbench, serving: str, alarm: str, kind: str
) -> None:
    # Given an endpoint that is asked all the time
    with asking(workbench, serving) as asked:
        # When it is updated in halves
        config = deployment_config(kind, 60, alarm)
        update(workbench, serving, DeploymentConfig=config)
        workbench.described("Endpoint", serving, baking)
        shared = asked.more(100)
        described = workbench.settled(serving)
        after = asked.since_settled()
    # Then both models answer in the first step, about as often as each other
    assert 0.25 < shared.count(NEW) / len(shared) < 0.75
    # And in the end the new one only
    assert after == {NEW}
    assert asked.answers[0] == OLD
    assert asked.failures == []
    assert described["EndpointConfigName"] == f"{serving}-2"
    assert described["LastDeploymentConfig"] == config
    assert "PendingDeploymentSummary" not in described


@pytest.mark.parametrize("kind", ["ALL_AT_ONCE", "CANARY"])
def test_an_alarm_brings_the_old_fleet_back_and_no_request_fails(
    workbench: Workbench, serving: str, alarm: str, kind: str
) -> None:
    cloudwatch = workbench.aws.client("cloudwatch")
    with asking(workbench, serving) as asked:
        # Given an update that has begun
        update(workbench, serving, DeploymentConfig=deployment_config(kind, 1200, alarm))
        workbench.described("Endpoint", serving, baking)
        until(lambda: NEW in asked.answers, "the new fleet doesn't answer")
        # When the alarm goes off
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="the test wants it")
        described = workbench.settled(serving)
        after = asked.since_settled()
    # Then the old configuration serves, and the reason names the alarm
    assert described["EndpointConfigName"] == f"{serving}-1"
    assert alarm in described["FailureReason"]
    assert after == {OLD}
    assert asked.failures == []


def test_an_alarm_counts_also_if_it_is_quiet_again_at_once(
    workbench: Workbench, serving: str, alarm: str
) -> None:
    # Given an update that has begun
    cloudwatch = workbench.aws.client("cloudwatch")
    update(workbench, serving, DeploymentConfig=deployment_config("ALL_AT_ONCE", 1200, alarm))
    workbench.described("Endpoint", serving, baking)

    # When
    for state in ("ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="the test wants it")

    # Then
    assert workbench.settled(serving)["EndpointConfigName"] == f"{serving}-1"


def test_an_alarm_that_rings_already_lets_no_request_through_to_stay(
    workbench: Workbench, serving: str, alarm: str
) -> None:
    # Given
    cloudwatch = workbench.aws.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="the test wants it")

    # When
    update(workbench, serving, DeploymentConfig=deployment_config("ALL_AT_ONCE", 0, alarm))

    # Then
    assert workbench.settled(serving)["EndpointConfigName"] == f"{serving}-1"


def test_updates_keep_the_count_and_the_configuration_on_demand(workbench: Workbench, serving: str) -> None:
    # Given an endpoint that has grown
    sagemaker = workbench.sagemaker
    desired = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}]
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=serving, DesiredWeightsAndCapacities=desired
    )
    assert workbench.settled(serving)["ProductionVariants"][0]["CurrentInstanceCount"] == 5

    # When its properties are retained
    update(workbench, serving, RetainAllVariantProperties=True)

    # Then
    assert workbench.settled(serving)["ProductionVariants"][0]["CurrentInstanceCount"] == 5

    # When they are not
    sagemaker.update_endpoint(EndpointName=serving, EndpointConfigName=f"{serving}-1")

    # Then
    assert workbench.settled(serving)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (deployment_config("ALL_AT_ONCE", 0, "no-such-alarm"), "no-such-alarm does not exist"),
        (
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 0}
                }
            },
            "CanarySize is required",
        ),
        (
            deployment_config("CANARY", 400, MaximumExecutionTimeoutInSeconds=800),
            "larger than the total waiting time, 800 seconds",
        ),
        (deployment_config("ALL_AT_ONCE", 3601), "less than or equal to 3600"),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": HALF, "WaitIntervalInSeconds": 0}},
            "RollingUpdatePolicy is not supported here",
        ),
    ],
)
def test_deployment_configurations_that_are_refused(
    workbench: Workbench, two_instances: str, config: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        update(workbench, two_instances, DeploymentConfig=config)


@pytest.mark.parametrize(
    ("kind", "size", "said"),
    [
        ("CANARY", {"Type": "CAPACITY_PERCENT", "Value": 51}, "less than or equal to 50%"),
        ("CANARY", {"Type": "INSTANCE_COUNT", "Value": 2}, "less than or equal to 50%"),
        ("LINEAR", {"Type": "CAPACITY_PERCENT", "Value": 9}, "10-50%"),
    ],
)
def test_steps_of_a_wrong_size_are_refused(
    workbench: Workbench, two_instances: str, kind: str, size: dict[str, Any], said: str
) -> None:
    member = "CanarySize" if kind == "CANARY" else "LinearStepSize"
    routing = {"Type": kind, "WaitIntervalInSeconds": 0, member: size}
    with pytest.raises(ClientError, match=said):
        update(
            workbench,
            two_instances,
            DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}},
        )


@pytest.fixture(scope="module")
def two_instances(workbench: Workbench, model: str) -> Iterator[str]:
    """An endpoint that is only ever refused an update, and the configuration `<endpoint>-2` for it."""
    name = "two-instances"
    workbench.serve(name, workbench.make_config(f"{name}-1", model, **INSTANCES))
    workbench.make_config(f"{name}-2", model, **INSTANCES)
    yield name
    workbench.sagemaker.delete_endpoint(EndpointName=name)


def test_a_serverless_endpoint_has_no_deployment_configuration(
    workbench: Workbench, endpoint: str, model: str
) -> None:
    workbench.make_config(f"{endpoint}-2", model)
    with pytest.raises(ClientError, match="not supported for serverless endpoints"):
        update(workbench, endpoint, DeploymentConfig=deployment_config("ALL_AT_ONCE", 0))


def test_who_names_an_alarm_must_be_allowed_to_look_at_it(
    workbench: Workbench, two_instances: str, alarm: str, make_role: MakeRole
) -> None:
    # Given one who may update, and look at no alarm
    role = make_role(None, statement("sagemaker:*"))
    sagemaker = workbench.aws.as_role("sagemaker", role)

    # When and then
    with pytest.raises(ClientError, match="not authorized to perform: cloudwatch:DescribeAlarms"):
        sagemaker.update_endpoint(
            EndpointName=two_instances,
            EndpointConfigName=f"{two_instances}-2",
            DeploymentConfig=deployment_config("ALL_AT_ONCE", 0, alarm),
        )


def test_provisioned_concurrency_is_kept_and_shown(workbench: Workbench, model: str, name: str) -> None:
    # Given
    limits = {"MemorySizeInMB": 1024, "MaxConcurrency": 5, "ProvisionedConcurrency": 3}

    # When
    described = workbench.serve(name, workbench.make_config(name, model, ServerlessConfig=limits))

    # Then
    assert described["ProductionVariants"][0]["CurrentServerlessConfig"] == limits
    workbench.sagemaker.delete_endpoint(EndpointName=name)
    with pytest.raises(ClientError, match="ProvisionedConcurrency must not be greater than MaxConcurrency"):
        workbench.make_config(f"{name}-2", model, ServerlessConfig={**limits, "ProvisionedConcurrency": 6})
