"""How a model is served: what is refused, and why; what is there when nothing is said."""

from typing import Any

import pytest

from settings.loading import SettingsError
from settings.serving import RealTime, RollbackAlarms, Serverless
from tests.unit.settings.conftest import Project

INSTANCES = {"type": "real_time", "instance_type": "ml.m5.large", "instance_count": 2}
SERVERLESS = {"type": "serverless", "memory_mb": 2048, "max_concurrency": 5}
SCALING = {"min_instances": 2, "max_instances": 4, "invocations_per_instance": 600}


def serving(project: Project, **settings: Any) -> Any:
    project.workload["serving"] = settings
    [workload] = project.load_workloads()
    return workload.serving


@pytest.mark.parametrize(
    ("settings", "field", "problem"),
    [
        (
            {**SERVERLESS, "provisioned_concurrency": 6},
            "provisioned_concurrency",
            "6 is not allowed; provisioned_concurrency is at most max_concurrency, 5",
        ),
        ({**SERVERLESS, "provisioned_concurrency": 0}, "provisioned_concurrency", "0 is not allowed"),
        ({**SERVERLESS, "update": {}}, "update", 'unknown key "update"'),
        ({**SERVERLESS, "auto_scaling": SCALING}, "auto_scaling", 'unknown key "auto_scaling"'),
        (
            {**INSTANCES, "update": {"traffic": "rolling"}},
            "update.traffic",
            '"rolling" is not allowed; the traffic shifts all_at_once',
        ),
        (
            {**INSTANCES, "update": {"traffic": "canary"}},
            "update.step_percent",
            "missing; the canary's share",
        ),
        (
            {**INSTANCES, "update": {"step_percent": 10}},
            "update.step_percent",
            "10 is not allowed; traffic that shifts all_at_once has no steps",
        ),
        ({**INSTANCES, "update": {"traffic": "canary", "step_percent": 51}}, "update.step_percent", "51"),
        (
            {**INSTANCES, "update": {"traffic": "linear", "step_percent": 9}},
            "update.step_percent",
            "9 is not allowed; a linear step is 10 to 50 percent",
        ),
        ({**INSTANCES, "update": {"wait_seconds": 3601}}, "update.wait_seconds", "3601 is not allowed"),
        (
            {
                **INSTANCES,
                "update": {
                    "traffic": "linear",
                    "step_percent": 30,
                    "wait_seconds": 900,
                    "termination_wait_seconds": 100,
                    "timeout_seconds": 3700,
                },
            },
            "update.timeout_seconds",
            "3700 is not allowed; timeout_seconds is more than all waits together, 3700",
        ),
        (
            {**INSTANCES, "instance_count": 1, "update": {"traffic": "canary", "step_percent": 50}},
            "update.traffic",
            '"canary" is not allowed; a canary or a step is at most half of the instances, and there may be',
        ),
        (
            {
                **INSTANCES,
                "auto_scaling": {**SCALING, "min_instances": 1},
                "update": {"traffic": "linear", "step_percent": 50},
            },
            "update.traffic",
            "there may be 1",
        ),
        (
            {
                **INSTANCES,
                "instance_type": "ml.inf1.xlarge",
                "update": {"traffic": "canary", "step_percent": 50},
            },
            "update.traffic",
            "ml.inf1 instances all_at_once only",
        ),
        (
            {**INSTANCES, "update": {"alarms": {"server_error_percent": 0}}},
            "update.alarms.server_error_percent",
            "0 is not allowed",
        ),
        ({**INSTANCES, "auto_scaling": {**SCALING, "max_instances": 1}}, "auto_scaling.max_instances", "1"),
        (
            {**INSTANCES, "instance_count": 5, "auto_scaling": SCALING},
            "auto_scaling",
            "instance_count, 5, is between min_instances and max_instances",
        ),
        (
            {**INSTANCES, "instance_type": "ml.t2.medium", "auto_scaling": SCALING},
            "auto_scaling",
            "instances that burst (ml.t2) don't scale",
        ),
    ],
)
def test_wrong_settings_are_refused(
    project: Project, settings: dict[str, Any], field: str, problem: str
) -> None:
    # When
    with pytest.raises(SettingsError) as refused:
        serving(project, **settings)

    # Then
    faults = [fault for fault in refused.value.faults if fault.field == f"serving.{field}"]
    assert any(problem in fault.problem for fault in faults), str(refused.value)


def test_instances_are_guarded_by_alarms_and_stay_as_many_when_nothing_else_is_said(project: Project) -> None:
    # When
    found = serving(project, **INSTANCES)

    # Then
    assert isinstance(found, RealTime)
    assert (found.update.traffic, found.update.wait_seconds) == ("all_at_once", 300)
    assert found.update.alarms == RollbackAlarms()
    assert found.auto_scaling is None


def test_all_that_an_endpoint_on_instances_may_have(project: Project) -> None:
    # When
    found = serving(
        project,
        **INSTANCES,
        auto_scaling=SCALING,
        update={
            "traffic": "linear",
            "step_percent": 25,
            "wait_seconds": 60,
            "termination_wait_seconds": 30,
            "timeout_seconds": 600,
            "alarms": {"server_error_percent": 1, "latency_ms": 250.5},
        },
    )

    # Then
    assert found.update.step_percent == 25
    assert found.auto_scaling.scale_out_seconds == 60


def test_concurrency_may_be_provisioned(project: Project) -> None:
    found = serving(project, **SERVERLESS, provisioned_concurrency=5)
    assert isinstance(found, Serverless)
    assert found.provisioned_concurrency == 5
