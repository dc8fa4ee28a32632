"""Monitoring: capture, comparison, metric and alarm of a real-time endpoint, and what starts a training."""

from pathlib import Path
from typing import Any

import pytest

from settings.loading import load_environment
from settings.monitoring import Monitoring
from settings.retraining import Retraining
from settings.serving import RealTime
from settings.workload import Workload
from stacks.constructs.state_machine import LOG_DELIVERY_ACTIONS, TRACE_ACTIONS
from tests.infrastructure.assembly import ACCOUNT, Assembly, Resource, synthesize
from tests.infrastructure.calls import Calls
from tests.infrastructure.conftest import one_workload
from tests.infrastructure.job_needs import job_needs
from tests.infrastructure.policies import Need, grants, idle, missing, role_named, roles
from tests.infrastructure.state_machines import StateMachine, only_workload, state_machine

ENDPOINT = "ml-dev-mysfit-recommender"
SERVING = RealTime(type="real_time", instance_type="ml.m5.large", instance_count=1)
WATCHED = {
    "serving": SERVING,
    "monitoring": Monitoring(every="hour", instance_type="ml.t3.medium", sampling_percentage=50),
    "retraining": Retraining(on_new_data=True, on_drift=True, schedule="rate(7 days)"),
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    dev = load_environment("dev")
    [workload] = one_workload(dev)
    return synthesize(dev, (workload.model_copy(update=WATCHED),), tmp_path_factory.mktemp("watched"))


@pytest.fixture(scope="module")
def machine(watched: Assembly) -> StateMachine:
    return state_machine(watched, "monitoring")


def _rule(assembly: Assembly, beginning: str) -> Resource:
    [rule] = [rule for rule in assembly.resources("AWS::Events::Rule") if rule.logical_id[:-8] == beginning]
    return rule


def _started(assembly: Assembly, rule: Resource) -> tuple[str, str]:
    """The machine that a rule starts, and with what input."""
    [target] = rule.properties["Targets"]
    return assembly.resolve(rule.stack, target["Arn"]), assembly.resolve(rule.stack, target["Input"])


def test_the_role_may_do_all_that_the_definition_calls_and_nothing_else(machine: StateMachine) -> None:
    own = [Need(action, "*") for action in (*LOG_DELIVERY_ACTIONS, *TRACE_ACTIONS)]
    needs = [*Calls(machine).needs(), *own]
    assert missing(needs, machine.grants) == []
    assert idle(needs, machine.grants) == []


def test_the_jobs_roles_may_do_all_that_they_do_and_nothing_else(watched: Assembly) -> None:
    # Given what the comparison does, and the model's containers that now write captures
    needed = job_needs(watched)
    names = {"MysfitRecommenderRole", "MysfitRecommenderHostingRole"}
    found = {
        watched.resolve(role.stack, {"Fn::GetAtt": [role.logical_id, "Arn"]}): grants(watched, role)
        for role in roles(watched)
        if role.logical_id[:-8] in names
    }
    # Then their roles allow that and no more
    assert len(found) == 2
    for arn, allowed in found.items():
        assert missing(needed[arn], allowed) == [], arn
        assert idle(needed[arn], allowed) == [], arn


def test_the_endpoint_captures_where_the_monitoring_looks(watched: Assembly, machine: StateMachine) -> None:
    # Given the endpoint configuration
    serving = state_machine(watched, "serving")
    capture = serving.states["CreateEndpointConfig"]["Arguments"]["DataCaptureConfig"]
    bucket = Calls(machine).substitutions["DataBucket"]
    # Then it captures the share that the settings say, encrypted
    assert capture["InitialSamplingPercentage"] == 50
    assert capture["KmsKeyId"] == Calls(machine).key_arn
    # And below the endpoint's name, the variant and the hour, which SageMaker adds, the monitoring looks
    assert capture["DestinationS3Uri"] == f"s3://{bucket}/captures/mysfit_recommender"
    [variant] = serving.states["CreateEndpointConfig"]["Arguments"]["ProductionVariants"]
    looked_at = Calls(machine).text(machine.states["FindCaptures"]["Arguments"]["Prefix"])
    assert looked_at == f"captures/mysfit_recommender/{ENDPOINT}/{variant['VariantName']}/2026/11/21/09/"


def test_a_workload_without_monitoring_captures_nothing(assembly: Assembly) -> None:
    config = state_machine(assembly, "serving").states["CreateEndpointConfig"]["Arguments"]
    assert "DataCaptureConfig" not in config
    assert "monitoring" not in assembly.stacks


def test_the_comparison_is_with_the_test_set_of_the_model_that_serves(machine: StateMachine) -> None:
    # Given the job
    job = machine.states["Compare"]["Arguments"]
    calls = Calls(machine)
    inputs = {one["InputName"]: calls.text(one["S3Input"]["S3Uri"]) for one in job["ProcessingInputs"]}
    # Then its inputs are what was captured, and the run of the served package's test set and encoder
    run = f"s3://{calls.substitutions['DataBucket']}/processed/mysfit_recommender/0123456789ab"
    assert inputs["test"] == f"{run}/test/"
    assert inputs["encoder"] == f"{run}/encoder/"
    assert inputs["captured"].endswith("/2026/11/21/09/")
    assert machine.states["DescribePackage"]["Arguments"] == {"ModelPackageName": "{% $package %}"}
    # And it has no network
    assert job["NetworkConfig"]["EnableNetworkIsolation"] is True


def test_both_personas_start_the_comparison_and_read_what_it_found(
    watched: Assembly, machine: StateMachine
) -> None:
    # Given what `manage.py drift` calls
    [artifacts] = [b for b in watched.resources("AWS::S3::Bucket") if b.logical_id[:-8] == "Artifacts"]
    found = watched.resolve(artifacts.stack, {"Fn::GetAtt": [artifacts.logical_id, "Arn"]})
    name = watched.resolve(machine.stack, {"Fn::GetAtt": [machine.resource.logical_id, "Name"]})
    execution = f"arn:aws:states:{watched.region}:{ACCOUNT}:execution:{name}:one"
    stacks = f"arn:aws:cloudformation:{watched.region}:{ACCOUNT}:stack"
    needs = [
        Need("cloudformation:DescribeStacks", f"{stacks}/ml-dev-monitoring/1"),
        Need("states:StartExecution", machine.arn),
        Need("states:DescribeStateMachineForExecution", execution),
        Need("states:DescribeExecution", execution),
        Need("states:GetExecutionHistory", execution),
        Need("s3:GetObject", f"{found}/monitoring/mysfit_recommender/2026/11/21/drift.json"),
    ]
    # Then each persona may do it
    for persona in ("DataScientist", "Lead"):
        assert missing(needs, grants(watched, role_named(watched, "studio", f"{persona}Role"))) == []


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("IsServing", "NothingServes"), ("WasAsked", "NothingCaptured"), ("IsEnough", "TooFewRecords")],
)
def test_where_nothing_can_be_said_there_is_no_metric(
    machine: StateMachine, state: str, outcome: str
) -> None:
    assert machine.states[state]["Default"] == outcome
    assert machine.states[outcome]["Type"] == "Succeed"
    assert outcome in machine.states[outcome]["Output"]["outcome"]


def test_a_wrong_window_is_refused_before_anything_is_called(machine: StateMachine) -> None:
    assert machine.states["IsWindow"]["Default"] == "InvalidWindow"
    assert machine.reachable("InvalidWindow") == {"InvalidWindow", "NotifyFailure", "Failed"}


@pytest.mark.parametrize(
    ("every", "schedule", "milliseconds", "picture"),
    [
        ("hour", "cron(15 * * * ? *)", 3600_000, "[Y0001]/[M01]/[D01]/[H01]"),
        ("day", "cron(15 0 * * ? *)", 86400_000, "[Y0001]/[M01]/[D01]"),
    ],
)
def test_each_hour_or_day_is_compared_once_it_is_over(
    tmp_path: Path, every: str, schedule: str, milliseconds: int, picture: str
) -> None:
    # Given a workload whose requests are compared by the hour, or the day
    dev = load_environment("dev")
    [workload] = one_workload(dev)
    monitoring = Monitoring.model_validate({"every": every, "instance_type": "ml.t3.medium"})
    assembly = synthesize(dev, (workload.model_copy(update={**WATCHED, "monitoring": monitoring}),), tmp_path)
    # Then a rule starts the comparison shortly after each, without an input
    rule = _rule(assembly, "MysfitRecommenderRule")
    assert rule.properties["ScheduleExpression"] == schedule
    machine = state_machine(assembly, "monitoring")
    assert _started(assembly, rule) == (machine.arn, "{}")
    # And it takes the one before
    window = machine.states["ChooseWindow"]["Assign"]["window"]
    assert f"- {milliseconds}, '{picture}'" in window


def test_drift_sets_off_an_alarm_that_stays_until_none_is_found(
    watched: Assembly, machine: StateMachine
) -> None:
    # Given the metric that is published
    metric = machine.states["PublishMetrics"]["Arguments"]
    names = {datum["MetricName"]: datum["Value"] for datum in metric["MetricData"]}
    assert names["DriftedFeatures"] == "{% $count($drifted) %}"
    # Then the alarm looks at it
    [alarm] = [each for each in watched.resources("AWS::CloudWatch::Alarm") if each.stack == "monitoring"]
    properties = alarm.properties
    assert (properties["Namespace"], properties["MetricName"]) == (metric["Namespace"], "DriftedFeatures")
    assert properties["Dimensions"] == [{"Name": "Endpoint", "Value": ENDPOINT}]
    assert (properties["Threshold"], properties["Period"], properties["Statistic"]) == (1, 3600, "Maximum")
    # And without a new comparison it stays as it is
    assert properties["TreatMissingData"] == "ignore"
    # And it tells the topic, and where to read what to do
    assert len(properties["AlarmActions"]) == 1
    assert "docs/operations.md" in properties["AlarmDescription"]


def test_drift_new_data_and_a_schedule_start_the_training(watched: Assembly) -> None:
    training = state_machine(watched, "training").arn
    # Given the rules
    drift = _rule(watched, "MysfitRecommenderDriftRule")
    data = _rule(watched, "MysfitRecommenderNewDataRule")
    schedule = _rule(watched, "MysfitRecommenderScheduleRule")
    # Then drift starts it when the alarm goes off, once
    [alarm] = [each for each in watched.resources("AWS::CloudWatch::Alarm") if each.stack == "monitoring"]
    pattern = drift.properties["EventPattern"]
    assert pattern["detail"] == {"state": {"value": ["ALARM"]}}
    assert pattern["resources"] == [{"Fn::GetAtt": [alarm.logical_id, "Arn"]}]
    assert _started(watched, drift) == (training, "{}")
    # And the schedule at its times
    assert schedule.properties["ScheduleExpression"] == "rate(7 days)"
    assert _started(watched, schedule) == (training, "{}")
    # And new data once the marker is there, on all its files
    bucket = watched.resolve("training", data.properties["EventPattern"]["detail"]["bucket"]["name"][0])
    key = "uploads/mysfit_recommender/incoming/"
    assert data.properties["EventPattern"]["detail"]["object"] == {"key": [f"{key}_SUCCESS"]}
    assert _started(watched, data) == (
        training,
        f'{{"sources":{{"answers.csv":{{"uri":"s3://{bucket}/{key}answers.csv"}}}}}}',
    )


def test_without_settings_only_people_start_trainings(assembly: Assembly) -> None:
    assert only_workload(assembly).retraining == Retraining()
    training = state_machine(assembly, "training").arn
    starting: list[Any] = [
        rule
        for rule in assembly.resources("AWS::Events::Rule")
        for target in rule.properties["Targets"]
        if assembly.resolve(rule.stack, target["Arn"]) == training
    ]
    assert starting == []


def test_captured_requests_expire(watched: Assembly) -> None:
    [bucket] = [b for b in watched.resources("AWS::S3::Bucket") if b.logical_id[:-8] == "Data"]
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}["captures/"] == 30


def test_workloads_of_the_project_are_watched_where_they_serve_from_instances(whole: Assembly) -> None:
    watched: list[Workload] = [workload for workload in whole.workloads if workload.monitoring]
    assert "taxi_anomalies" in [workload.name for workload in watched]
    assert all(workload.serving.type == "real_time" for workload in watched)
