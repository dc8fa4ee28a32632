"""Drift monitoring, retraining, and a gate against the model that serves: what their settings may say."""

from typing import Any

import pytest

from settings.errors import SettingsError
from tests.unit.settings.conftest import Project

MONITORING: dict[str, Any] = {"every": "hour", "instance_type": "ml.t3.medium"}
SOURCE = "https://data.example.com/answers.csv"
REAL_TIME: dict[str, Any] = {"type": "real_time", "instance_type": "ml.m5.large"}


@pytest.fixture
def watched(project: Project) -> Project:
    project.workload["serving"] = REAL_TIME
    project.workload["monitoring"] = dict(MONITORING)
    return project


def _only_fault(project: Project) -> tuple[str, str]:
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    (fault,) = error.value.faults
    return fault.field, fault.problem


def test_monitoring_and_retraining_are_read(watched: Project) -> None:
    # Given
    watched.workload["monitoring"] |= {"every": "day", "minimum_records": 10}
    watched.workload["retraining"] = {"on_drift": True, "schedule": "cron(0 6 ? * MON *)"}
    watched.workload["data"]["files"][0]["source"] = SOURCE
    # When
    (workload,) = watched.load_workloads()
    # Then
    assert workload.monitoring is not None
    assert (workload.monitoring.hours, workload.monitoring.minimum_records) == (24, 10)
    assert (workload.retraining.on_drift, workload.retraining.on_new_data) == (True, False)


def test_a_workload_without_them_has_none(project: Project) -> None:
    (workload,) = project.load_workloads()
    assert workload.monitoring is None
    assert workload.retraining.schedule is None
    assert workload.gate.largest_regression is None


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"every": "minute"}, "an hour or a day"),
        ({"sampling_percentage": 0}, "1 to 100 percent"),
        ({"minimum_records": 0}, "at least 1"),
        ({"largest_distance": 1.0}, "above 0 (alike) and below 1"),
        ({"instance_type": "ml.none"}, "ml.none"),
    ],
)
def test_a_wrong_monitoring_is_refused(watched: Project, changes: dict[str, Any], allowed: str) -> None:
    watched.workload["monitoring"] |= changes
    field, problem = _only_fault(watched)
    assert field == f"monitoring.{next(iter(changes))}"
    assert allowed in problem


def test_a_serverless_endpoint_cant_be_monitored(watched: Project) -> None:
    watched.workload["serving"] = {"type": "serverless", "memory_mb": 2048, "max_concurrency": 5}
    field, problem = _only_fault(watched)
    assert field == "serving.type"
    assert "serverless endpoints capture no data" in problem


def test_requests_that_cant_be_read_cant_be_monitored(watched: Project) -> None:
    watched.workload["inference"] = {"content_type": "application/json", "accept": "application/json"}
    field, problem = _only_fault(watched)
    assert field == "inference.content_type"
    assert "reads captured requests in text/csv" in problem


def test_retraining_on_drift_needs_a_monitoring(watched: Project) -> None:
    watched.workload["monitoring"] = None
    watched.workload["data"]["files"][0]["source"] = SOURCE
    watched.workload["retraining"] = {"on_drift": True}
    assert _only_fault(watched) == (
        "retraining.on_drift",
        "true is not allowed; nothing looks for drift: give the workload a monitoring",
    )


@pytest.mark.parametrize("schedule", ["rate(1 day)", "rate(12 hours)", "cron(0 6 ? * MON *)"])
def test_a_schedule_is_eventbridges(project: Project, schedule: str) -> None:
    project.workload["retraining"] = {"schedule": schedule}
    project.workload["data"]["files"][0]["source"] = SOURCE
    assert project.load_workloads()[0].retraining.schedule == schedule


@pytest.mark.parametrize(
    "schedule", ["daily", "rate(1 days)", "rate(2 day)", "rate(0 days)", "cron(0 6 * * *)"]
)
def test_another_schedule_is_refused(project: Project, schedule: str) -> None:
    project.workload["retraining"] = {"schedule": schedule}
    field, problem = _only_fault(project)
    assert field == "retraining.schedule"
    assert "rate(1 day), rate(7 days) or cron with six fields" in problem


def test_a_gate_may_ask_for_no_worse_than_before(project: Project) -> None:
    project.workload["gate"]["largest_regression"] = 0.01
    assert project.load_workloads()[0].gate.largest_regression == 0.01
    project.workload["gate"]["largest_regression"] = -0.01
    field, problem = _only_fault(project)
    assert field == "gate.largest_regression"
    assert "at least 0" in problem


@pytest.mark.parametrize("retraining", [{"on_drift": True}, {"schedule": "rate(1 day)"}])
def test_a_training_by_itself_needs_a_source_for_each_file(
    watched: Project, retraining: dict[str, Any]
) -> None:
    watched.workload["retraining"] = retraining
    field, problem = _only_fault(watched)
    assert field == f"retraining.{next(iter(retraining))}"
    assert "nobody is there to bring answers.csv: give each data file a source" in problem


def test_delivered_data_needs_no_source(project: Project) -> None:
    project.workload["retraining"] = {"on_new_data": True}
    assert project.load_workloads()[0].retraining.on_new_data
