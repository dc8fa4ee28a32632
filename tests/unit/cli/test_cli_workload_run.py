"""When a workload is trained again, and when an earlier run is good enough."""

import hashlib
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
from cli.local.data_folder import TrainingData
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


@dataclass(frozen=True)
class FakeReport:
    """A report whose every metric is 0.58."""

    data: dict[str, Any]

    def metric(self, _group: str, _name: str) -> float:
        return 0.58


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers_csv: Path) -> FakeAws:
    fake = FakeAws()
    trained_on = {
        "files": [{"sha256": hashlib.sha256((answers_csv / "answers.csv").read_bytes()).hexdigest()}]
    }
    monkeypatch.setattr(workload_run, "_RECORDS", tmp_path / "trained.json")
    monkeypatch.setattr(workload_run, "_train", fake.train)
    monkeypatch.setattr(registry, "describe", fake.describe)
    monkeypatch.setattr(status, "endpoint_of", lambda *_: fake.endpoint)
    monkeypatch.setattr(report, "read", lambda *_: FakeReport(trained_on))
    return fake


@pytest.fixture
def ensure(platform: Platform, answers_csv: Path) -> Any:
    board = Board(Console(file=StringIO()))
    data = TrainingData("quiz", answers_csv)
    return lambda: workload_run.ensure(platform, platform.workloads[0], data, board)


def recorded_fingerprint() -> str:
    return str(json.loads(workload_run._RECORDS.read_text())["dev/mysfit_recommender"]["fingerprint"])


def test_a_workload_is_trained_once(aws: FakeAws, ensure: Any) -> None:
    first, second = ensure(), ensure()

    assert aws.trained == 1
    assert first == second
    assert first.data == "quiz"
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


@pytest.mark.usefixtures("aws")
def test_the_data_of_a_model_that_the_operator_has_trained_is_not_claimed_to_be_known(
    ensure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "read", lambda *_: FakeReport({"files": [{"sha256": "0" * 64}]}))

    assert ensure().data == "other data"


def test_a_model_that_waits_for_approval_is_not_trained_again(aws: FakeAws, ensure: Any) -> None:
    ensure()
    aws.register(version=1, run="run-1", approval="PendingManualApproval")
    aws.endpoint = None

    assert not ensure().is_deployed
    assert aws.trained == 1


def test_a_model_that_waits_is_told_of_while_an_older_one_is_served(aws: FakeAws, ensure: Any) -> None:
    ensure()
    older = aws.endpoint
    aws.packages.clear()
    aws.register(version=1, run="run-0")
    newer = aws.register(version=2, run="run-1", approval="PendingManualApproval")
    workload_run._remember("dev/mysfit_recommender", recorded_fingerprint(), aws.packages[newer])
    aws.endpoint = older

    assert ensure().package.arn == newer
    assert aws.trained == 1


def test_a_model_that_was_rejected_goes_on_serving(aws: FakeAws, ensure: Any) -> None:
    ensure()
    aws.register(version=1, run="run-1", approval="Rejected")

    assert ensure().is_deployed
    assert aws.trained == 1


@pytest.mark.usefixtures("aws")
def test_a_failure_is_told_with_its_reason(
    platform: Platform, answers_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a training that fails
    def fail(*_arguments: Any) -> registry.ModelPackage:
        raise OperatorError("Train failed: no memory")

    monkeypatch.setattr(workload_run, "_train", fail)
    board, data = Board(Console(file=StringIO())), TrainingData("quiz", answers_csv)

    # When the workload is to be trained, then the reason is the outcome
    outcome = workload_run.ensure_or_tell(platform, platform.workloads[0], data, board)
    assert outcome == workload_run.Failure("mysfit_recommender", "quiz", "Train failed: no memory.")


@pytest.mark.usefixtures("aws")
def test_a_defect_of_the_product_is_no_reason(
    platform: Platform, answers_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: dict[str, registry.ModelPackage] = {}
    monkeypatch.setattr(workload_run, "_train", lambda *_: nothing["defect"])
    board, data = Board(Console(file=StringIO())), TrainingData("quiz", answers_csv)

    with pytest.raises(KeyError):
        workload_run.ensure_or_tell(platform, platform.workloads[0], data, board)


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
