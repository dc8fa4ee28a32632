"""When a workload is trained again, and when an earlier run is good enough."""

import json
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import registry, report, status
from cli.errors import OperatorError
from cli.local import workload_run
from cli.platform import Platform
from cli.progress import Board
from tests.unit.cli.stubbed_aws import PACKAGE, package_description


@dataclass
class FakeAws:
    """What is registered and served, and how often was trained."""

    packages: dict[str, registry.ModelPackage] = field(default_factory=dict)
    endpoint: status.Endpoint | None = None
    trained: int = 0

    def register(self, version: int, run: str, approval: str = "Approved") -> str:
        arn = f"{PACKAGE.rpartition('/')[0]}/{version}"
        described = package_description(
            ModelPackageArn=arn, ModelPackageVersion=version, ModelApprovalStatus=approval
        )
        described["CustomerMetadataProperties"]["run"] = run
        self.packages[arn] = registry._package(described)
        return arn

    def train(self, *_arguments: Any) -> registry.ModelPackage:
        self.trained += 1
        arn = self.register(version=len(self.packages) + 1, run=f"run-{self.trained}")
        self.endpoint = status.Endpoint("the-endpoint", "InService", arn)
        return self.packages[arn]

    def describe(self, _platform: Platform, arn: str) -> registry.ModelPackage:
        if arn not in self.packages:
            raise OperatorError("gone")
        return self.packages[arn]


class FakeReport:
    """A report whose every metric is 0.58."""

    def metric(self, _group: str, _name: str) -> float:
        return 0.58


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeAws:
    fake = FakeAws()
    monkeypatch.setattr(workload_run, "_RECORDS", tmp_path / "trained.json")
    monkeypatch.setattr(workload_run, "_train", fake.train)
    monkeypatch.setattr(registry, "describe", fake.describe)
    monkeypatch.setattr(status, "endpoint_of", lambda *_: fake.endpoint)
    monkeypatch.setattr(report, "read", lambda *_: FakeReport())
    return fake


@pytest.fixture
def ensure(platform: Platform, answers_csv: Path) -> Any:
    board = Board(Console(file=StringIO()))
    return lambda: workload_run.ensure(platform, platform.workloads[0], answers_csv, board)


def test_a_workload_is_trained_once(aws: FakeAws, ensure: Any) -> None:
    first, second = ensure(), ensure()

    assert aws.trained == 1
    assert first == second
    assert (first.metric, first.value, first.endpoint) == ("accuracy", 0.58, "ml-dev-mysfit-recommender")


def test_other_data_is_trained_on(aws: FakeAws, ensure: Any, answers_csv: Path) -> None:
    ensure()
    (answers_csv / "answers.csv").write_text("age,mysfit\n3,4\n")
    ensure()

    assert aws.trained == 2


def test_a_run_that_the_registry_forgot_is_done_again(aws: FakeAws, ensure: Any) -> None:
    ensure()
    aws.packages.clear()
    ensure()

    assert aws.trained == 2


def test_another_run_registered_under_the_same_version_is_not_taken_for_it(aws: FakeAws, ensure: Any) -> None:
    ensure()
    aws.packages.clear()
    aws.register(version=1, run="somebody-elses")
    ensure()

    assert aws.trained == 2


@pytest.mark.parametrize("state", ["Failed", "Creating"])
def test_a_model_that_no_endpoint_serves_is_trained_again(aws: FakeAws, ensure: Any, state: str) -> None:
    ensure()
    aws.endpoint = status.Endpoint("the-endpoint", state, None)
    ensure()

    assert aws.trained == 2


def test_a_newer_model_that_the_operator_has_deployed_is_left_in_place(aws: FakeAws, ensure: Any) -> None:
    ensure()
    newer = aws.register(version=2, run="the-operators")
    aws.endpoint = status.Endpoint("the-endpoint", "InService", newer)

    assert ensure().package.arn == newer
    assert aws.trained == 1


def test_a_model_that_waits_for_approval_is_not_trained_again(aws: FakeAws, ensure: Any) -> None:
    ensure()
    aws.register(version=1, run="run-1", approval="PendingManualApproval")
    aws.endpoint = None

    assert not ensure().is_deployed
    assert aws.trained == 1


def test_a_model_that_was_rejected_while_another_is_served_is_not_trained_again(
    aws: FakeAws, ensure: Any
) -> None:
    ensure()
    aws.register(version=1, run="run-1", approval="Rejected")
    better = aws.register(version=2, run="the-operators")
    aws.endpoint = status.Endpoint("the-endpoint", "InService", better)

    assert ensure().package.arn == better
    assert aws.trained == 1


def test_broken_records_are_taken_for_none(aws: FakeAws, ensure: Any, tmp_path: Path) -> None:
    (tmp_path / "trained.json").write_text("{")
    ensure()

    assert aws.trained == 1
    assert json.loads((tmp_path / "trained.json").read_text())["dev/mysfit_recommender"]["run"] == "run-1"


def test_a_data_folder_without_any_workloads_files_is_refused(platform: Platform, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"What they need: mysfit_recommender: answers\.csv\."):
        workload_run.require_useful(tmp_path, platform.workloads)

    with pytest.raises(OperatorError, match="There is no folder"):
        workload_run.require_useful(tmp_path / "nowhere", platform.workloads)
