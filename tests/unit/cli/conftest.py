"""A deployed platform on a stubbed AWS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.platform import Platform
from cli.target import TargetName
from settings.environment import Environment
from settings.loading import load_environment, load_workloads
from settings.workload import Workload
from tests.unit.cli.stubbed_aws import OUTPUTS, StubbedTarget


@pytest.fixture
def target() -> Iterator[StubbedTarget]:
    """The local AWS, stubbed; every announced call must have been made by the end of the test."""
    stubbed = StubbedTarget(TargetName.LOCAL, "http://127.0.0.1:4566", "us-east-1")
    yield stubbed
    for stubber in stubbed.stubbers.values():
        stubber.assert_no_pending_responses()


@pytest.fixture(scope="session")
def environment() -> Environment:
    """The settings of the environment dev."""
    return load_environment("dev")


@pytest.fixture(scope="session")
def workload(environment: Environment) -> Workload:
    """The mysfit recommender's settings."""
    return next(each for each in load_workloads(environment) if each.name == "mysfit_recommender")


@pytest.fixture
def platform(environment: Environment, workload: Workload, target: StubbedTarget) -> Platform:
    """The deployed platform, on the stubbed target."""
    return Platform(environment, (workload,), target, dict(OUTPUTS))


@pytest.fixture
def answers_csv(tmp_path: Path) -> Path:
    """A folder with a raw data file of the mysfit recommender's."""
    (tmp_path / "answers.csv").write_text("age,mysfit\n1,2\n")
    return tmp_path
