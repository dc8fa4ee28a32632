"""The platform's templates, synthesized once for all tests; with one workload, as all have the same road.

`dev` and `prod` are what the settings say. `concrete` differs from prod where prod's settings leave a
switch: a concrete region, a VPC that was there before, Studio by SSO with a notebook instance, rules for
roles, someone to notify, data from another bucket, a domain for the website.
"""

import copy
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

# The CDK's own template validation takes seconds and is part of `cdk synth`, which a test of its own runs.
os.environ["CDK_VALIDATION"] = "false"
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from settings.environment import Environment
from settings.loading import load_environment, load_workloads
from settings.workload import Workload
from tests.infrastructure.assembly import Assembly, synthesize
from tests.infrastructure.synthesis import cdk_synth

SOURCE = "s3://survey-archive/2026/answers.csv"
VPC = {
    "mode": "vpc_only",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "security_group_ids": ["sg-0123456789abcdef0"],
    "in_place_of_serverless": {"instance_type": "ml.m5.large", "instance_count": 1},
}
STUDIO = {
    "auth_mode": "SSO",
    "users": {"ada": {"persona": "lead", "sso_user_name": "ada@example.com"}},
    "idle_minutes": 120,
    "code_repository": "https://github.com/example/notebooks",
    "notebook_instance": {"instance_type": "ml.t3.large", "volume_gb": 20},
}
OWN_DOMAIN = {
    "domain": "quiz.example.com",
    "certificate_arn": "arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef",
}
GOVERNANCE = {
    "permissions_boundary": "team/workloads-boundary",
    "role_path": "/ml/prod/",
    "budget": {"monthly_usd": 500, "alarm_percentages": [90]},
}


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    environment = load_environment("dev")
    predicting = {**environment.api.model_dump(), "predictions": ["mysfit_recommender"]}
    return _synthesize(changed(environment, api=predicting), tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return _synthesize(load_environment("prod"), tmp_path_factory.mktemp("prod"))


API = {
    "predictions": ["mysfit_recommender"],
    "keys": {
        "clients": ["shop", "call-centre"],
        "monthly_quota": 10_000,
        "throttling_rate": 5,
        "throttling_burst": 10,
    },
}


@pytest.fixture(scope="session")
def concrete(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    changes: dict[str, Any] = {
        "region": "eu-central-1",
        "network": VPC,
        "notifications": {"email": "team@example.com"},
        "website": OWN_DOMAIN,
        "studio": STUDIO,
        "governance": GOVERNANCE,
    }
    environment = load_environment("prod")
    changes["api"] = {**environment.api.model_dump(), **API}
    overrides = copy.deepcopy(environment.workloads)
    overrides["mysfit_recommender"]["data"] = {"files": [{"name": "answers.csv", "source": SOURCE}]}
    return _synthesize(
        changed(environment, **changes, workloads=overrides), tmp_path_factory.mktemp("concrete")
    )


@pytest.fixture(scope="session", params=["dev", "prod", "concrete"])
def assembly(request: pytest.FixtureRequest) -> Assembly:
    """Each of the platforms; for what must hold whatever the settings say."""
    chosen = request.getfixturevalue(request.param)
    assert isinstance(chosen, Assembly)
    return chosen


def changed(environment: Environment, **changes: Any) -> Environment:
    """An environment with some settings changed, validated anew."""
    return Environment.model_validate({**environment.model_dump(), **changes})


@pytest.fixture(scope="session")
def whole_dev(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return _synthesize_whole("dev", tmp_path_factory.mktemp("whole-dev"))


@pytest.fixture(scope="session")
def whole_prod(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return _synthesize_whole("prod", tmp_path_factory.mktemp("whole-prod"))


@pytest.fixture(scope="session", params=["dev", "prod"])
def whole(request: pytest.FixtureRequest) -> Assembly:
    """A platform with all its workloads."""
    chosen = request.getfixturevalue(f"whole_{request.param}")
    assert isinstance(chosen, Assembly)
    return chosen


def one_workload(environment: Environment) -> tuple[Workload, ...]:
    """The workload that most tests look at."""
    workloads = load_workloads(environment)
    return tuple(each for each in workloads if each.name == environment.recommendation.workload)


def _synthesize_whole(name: str, folder: Path) -> Assembly:
    environment = load_environment(name)
    return synthesize(environment, load_workloads(environment), folder)


def _synthesize(environment: Environment, folder: Path) -> Assembly:
    return synthesize(environment, one_workload(environment), folder)


@pytest.fixture(scope="session", autouse=True)
def synthesizing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Path]]]:
    """`cdk synth` of each environment, where a test needs it: a process that runs beside the first tests."""
    wanted = any("cdk_output" in getattr(item, "fixturenames", ()) for item in request.session.items)
    folders = {name: tmp_path_factory.mktemp(f"cdk-{name}") for name in ("dev", "prod") if wanted}
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield {name: pool.submit(_synthesized, name, folder) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def cdk_output(synthesizing: dict[str, Future[Path]]) -> dict[str, Path]:
    """What `cdk synth` writes for each environment that is deployed: name -> folder."""
    return {name: future.result() for name, future in synthesizing.items()}


def _synthesized(name: str, folder: Path) -> Path:
    done = cdk_synth(name, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
