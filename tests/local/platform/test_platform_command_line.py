"""The operator's command line, typed as an operator would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import ENDPOINT, WORKLOAD, DeployedPlatform, Hosted
from tests.local.platform.raw_data import sample

REFUSED = 1


@pytest.fixture(scope="module")
def trained(
    platform: DeployedPlatform, happy: HappyRun, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What `train` answered; it has made a newer package than the happy run's."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "answers.csv").write_bytes(sample(rows=500, seed=4))
    result: dict[str, Any] = platform.manage_json(
        "train", WORKLOAD, "--data", str(folder), "--hyperparameter", "k=7", "--wait"
    )
    assert result["model_package_arn"] != happy.package
    return result


@pytest.fixture
def another(platform: DeployedPlatform, trained: dict[str, Any]) -> str:
    """The newer package, which is approved, and which the endpoint serves now."""
    package = str(trained["model_package_arn"])
    hosted = platform.hosted()
    if hosted.packages[package] != "Approved":
        platform.approve(package)
    elif hosted.package != package:
        platform.deploy_package(package)
    hosted = platform.hosted()
    assert hosted.package == package
    assert hosted.is_tidy()
    return package


def test_train_reports_the_run_and_its_deployment(
    platform: DeployedPlatform, trained: dict[str, Any]
) -> None:
    assert trained["workload"] == WORKLOAD
    assert trained["metric"]["value"] >= 0.45
    assert platform.ended(trained["deployment_execution_arn"]).output["outcome"] == "Deployed"
    settings = json.loads(platform.artifacts(trained["artifacts_uri"])["settings.json"])
    assert settings["hyperparameters"]["k"] == "7"


def test_train_that_fails_says_why_on_stderr_only(platform: DeployedPlatform, tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_bytes(b"who,knows\n")
    done = platform.manage("train", WORKLOAD, "--data", str(tmp_path), "--wait", "--json")
    assert done.returncode == REFUSED
    assert done.stdout == ""
    said = " ".join(done.stderr.split())
    assert "Training mysfit_recommender failed" in said
    assert "line 1: column age is missing" in said
    assert "Traceback" not in said


def test_a_wrong_hyperparameter_starts_nothing(platform: DeployedPlatform, served: Hosted) -> None:
    done = platform.manage("train", WORKLOAD, "--hyperparameter", "k=0")
    assert done.returncode == REFUSED
    assert 'k: "0" is not allowed' in " ".join(done.stderr.split())
    assert platform.hosted() == served


def test_status_names_execution_package_and_endpoint(platform: DeployedPlatform, served: Hosted) -> None:
    (found,) = platform.manage_json("status")["workloads"]
    assert found["workload"] == WORKLOAD
    assert found["execution"]["status"] in {"SUCCEEDED", "FAILED"}
    assert found["package"]["arn"] in served.packages
    assert found["endpoint"] == {
        "name": ENDPOINT,
        "status": "InService",
        "serves": served.package,
        "failure": None,
    }


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("1,2,3,4,5", "application/jsonlines"),
        ('{"instances": [{"features": [1, 2, 3, 4, 5]}]}', "application/json"),
    ],
    ids=["csv", "json"],
)
def test_predict_answers_what_the_endpoint_answers(
    platform: DeployedPlatform, body: str, content_type: str
) -> None:
    answer = platform.manage_json("predict", WORKLOAD, body)
    assert answer["content_type"] == content_type
    predictions = json.loads(answer["body"])
    (prediction,) = predictions.get("predictions", [predictions])
    assert prediction["predicted_label"] in range(12)


def test_report_shows_a_version_with_its_metrics_settings_and_data(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    version = happy.package.rpartition("/")[2]
    report = platform.manage_json("report", f"{WORKLOAD}:{version}")
    assert report["model_package_arn"] == happy.package
    assert report["run"] == happy.training.output["run"]
    accuracy = report["metrics"]["multiclass_classification_metrics"]["accuracy"]["value"]
    assert accuracy == happy.training.output["metric"]["value"]
    assert report["settings"]["hyperparameters"]["k"] == "10"
    kept = platform.artifacts(happy.artifacts_uri)
    assert sorted(report["artifacts"]) == sorted(f"{happy.artifacts_uri}{name}" for name in kept)
    shown = platform.manage("report", f"{WORKLOAD}:{version}")
    assert f"{accuracy:.4f}" in shown.stdout


def test_approving_the_older_package_again_rolls_back(
    platform: DeployedPlatform, happy: HappyRun, another: str
) -> None:
    result = platform.manage_json("approve", happy.package, "--wait")
    assert platform.ended(result["deployment_execution_arn"]).output["outcome"] == "Deployed"
    hosted = platform.hosted()
    assert hosted.package == happy.package
    assert hosted.is_tidy()
    assert hosted.packages[another] == "Approved"
    assert platform.ask().status == 200


def test_rejecting_a_package_leaves_what_serves(platform: DeployedPlatform, another: str) -> None:
    before = platform.hosted()
    result = platform.manage_json("reject", another)
    assert result["approval"] == "Rejected"
    package = platform.client("sagemaker").describe_model_package(ModelPackageName=another)
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "arn:aws:iam::" in package["ApprovalDescription"]
    after = platform.hosted()
    assert (after.endpoint, after.tags, after.models) == (before.endpoint, before.tags, before.models)
    assert platform.ask().status == 200


def test_a_rejected_package_is_not_deployed_but_an_approval_deploys_it(
    platform: DeployedPlatform, happy: HappyRun, another: str
) -> None:
    platform.manage_json("reject", another)
    assert platform.deploy_package(happy.package).status == "SUCCEEDED"
    refused = platform.deploy_package(another)
    assert (refused.status, refused.error) == ("FAILED", "NotApproved")
    assert f"{another} is Rejected" in refused.cause
    assert platform.hosted().package == happy.package
    platform.manage_json("approve", another, "--wait")
    assert platform.hosted().package == another
    assert platform.hosted().is_tidy()
