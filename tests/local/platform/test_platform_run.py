"""The road from data to a recommendation: what a run that goes well leaves."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile

import pytest

from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import ENDPOINT, WORKLOAD, DeployedPlatform, Hosted
from tests.local.platform.raw_data import sample
from tests.local.running import ROOT

CATALOGUE = ROOT / "training_scripts" / WORKLOAD / "catalogue.json"


def test_an_accepted_run_keeps_all_of_itself_under_one_prefix(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    run = happy.training.output["run"]
    kept = platform.artifacts(happy.artifacts_uri)
    assert set(kept) == {
        "data.json",
        "evaluation/evaluation.json",
        "evaluation/report.html",
        "evaluation/sample.json",
        "evaluation/serving.json",
        f"model/ml-dev-mysfit-recommender-{run}-train/output/model.tar.gz",
        "settings.json",
        "training.json",
        "transform/test.csv.out",
    }
    with tarfile.open(
        fileobj=io.BytesIO(kept[f"model/ml-dev-mysfit-recommender-{run}-train/output/model.tar.gz"])
    ) as model:
        assert model.getnames()


def test_a_run_keeps_its_exact_settings_and_the_checksum_of_its_data(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    kept = platform.artifacts(happy.artifacts_uri)
    settings, data = json.loads(kept["settings.json"]), json.loads(kept["data.json"])
    assert settings["execution_arn"] == happy.training.arn
    assert settings["hyperparameters"]["k"] == "10"
    assert settings["files"] == [{"name": "answers.csv", "source": happy.source, "sha256": None}]
    checksum = hashlib.sha256(happy.data).hexdigest()
    assert [file["sha256"] for file in data["files"]] == [checksum]
    listing = f"{checksum}  answers.csv\n".encode()
    assert data["data_sha256"] == hashlib.sha256(listing).hexdigest()


def test_the_metric_of_the_report_is_the_one_that_passed_the_gate(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    report = json.loads(platform.artifacts(happy.artifacts_uri)["evaluation/evaluation.json"])
    metrics = report["multiclass_classification_metrics"]
    metric = happy.training.output["metric"]
    assert metric == {"name": "accuracy", "value": metrics["accuracy"]["value"], "minimum": 0.45}
    assert 0.45 <= metric["value"] < 0.65
    assert metric["value"] > metrics["accuracy_best_constant_classifier"]["value"] + 0.3


def test_the_package_is_approved_with_its_metrics_and_where_it_comes_from(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    package = platform.client("sagemaker").describe_model_package(ModelPackageName=happy.package)
    uri = happy.artifacts_uri
    assert package["ModelApprovalStatus"] == happy.training.output["approval_status"] == "Approved"
    value = happy.training.output["metric"]["value"]
    assert f"accuracy {value:.6f}"[:-1] in package["ApprovalDescription"]
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"] == f"{uri}evaluation/evaluation.json"
    data = json.loads(platform.artifacts(uri)["data.json"])
    assert package["CustomerMetadataProperties"] == {
        "run": happy.training.output["run"],
        "execution_arn": happy.training.arn,
        "artifacts_uri": uri,
        "sample_uri": f"{uri}evaluation/sample.json",
        "data_sha256": data["data_sha256"],
    }


def test_the_endpoint_serves_the_package_and_nothing_else_is_left(
    platform: DeployedPlatform, happy: HappyRun, served: Hosted
) -> None:
    assert happy.deployment.output["outcome"] == "Deployed"
    assert happy.deployment.output["endpoint"] == ENDPOINT
    assert served.package == happy.package
    assert served.tags["workload"] == WORKLOAD
    assert served.is_tidy()
    assert platform.running_jobs() == []


@pytest.mark.usefixtures("served")
def test_what_the_endpoint_logs_is_encrypted_and_ends(platform: DeployedPlatform) -> None:
    # Given an endpoint that has logged
    name = f"/aws/sagemaker/Endpoints/{ENDPOINT}"
    logs = platform.client("logs")
    assert logs.describe_log_streams(logGroupName=name)["logStreams"]
    # When
    [group] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    # Then
    assert group["kmsKeyId"] == platform.outputs["KeyArn"]
    assert group["retentionInDays"] == 14


@pytest.mark.usefixtures("served")
def test_the_endpoint_answers_the_recorded_sample(platform: DeployedPlatform, happy: HappyRun) -> None:
    recorded = json.loads(platform.artifacts(happy.artifacts_uri)["evaluation/sample.json"])
    answer = platform.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=ENDPOINT,
        ContentType=recorded["content_type"],
        Accept=recorded["accept"],
        Body=recorded["body"].encode(),
    )
    assert json.loads(answer["Body"].read()) == json.loads(recorded["expected"])


def test_the_api_recommends_a_mysfit_of_the_catalogue(platform: DeployedPlatform, served: Hosted) -> None:
    answer = platform.ask()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    ids = {mysfit["mysfitId"] for mysfit in json.loads(CATALOGUE.read_text())}
    assert answer.json().keys() == {"recommendedMysfit"}
    assert answer.json()["recommendedMysfit"] in ids
    assert served == platform.hosted()


def test_two_runs_on_the_same_input_give_the_same_metrics(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    again = platform.train(happy.source)
    platform.deployment_of(again.output["model_package_arn"])
    first, second = (platform.artifacts(uri) for uri in (happy.artifacts_uri, again.output["artifacts_uri"]))
    for name in ("evaluation/evaluation.json", "evaluation/sample.json", "transform/test.csv.out"):
        assert first[name] == second[name]
    assert again.output["metric"] == happy.training.output["metric"]
    assert again.output["run"] != happy.training.output["run"]


def test_what_an_execution_overrides_is_what_its_jobs_run_with(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    ended = platform.train(
        happy.source,
        hyperparameters={"k": 25, "index_type": "faiss.IVFFlat"},
        instances={"training": {"instance_type": "ml.c5.xlarge", "volume_gb": 20}},
    )
    platform.deployment_of(ended.output["model_package_arn"])
    job = platform.client("sagemaker").describe_training_job(
        TrainingJobName=f"ml-dev-mysfit-recommender-{ended.output['run']}-train"
    )
    assert (job["HyperParameters"]["k"], job["HyperParameters"]["index_type"]) == ("25", "faiss.IVFFlat")
    assert job["HyperParameters"]["feature_dim"] == "5"
    assert job["ResourceConfig"]["InstanceType"] == "ml.c5.xlarge"
    assert job["ResourceConfig"]["VolumeSizeInGB"] == 20
    settings = json.loads(platform.artifacts(ended.output["artifacts_uri"])["settings.json"])
    assert settings["hyperparameters"] == job["HyperParameters"]
    assert settings["instances"]["training"]["volume_gb"] == 20


def test_data_may_come_as_a_zip_archive_with_its_checksum(platform: DeployedPlatform) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("download/answers.csv", sample(rows=400, seed=5))
    content = archive.getvalue()
    uri = platform.upload(content, "answers.zip")
    given = {"uri": uri, "sha256": hashlib.sha256(content).hexdigest()}
    ended = platform.train(sources={"answers.csv": given})
    assert ended.status == "SUCCEEDED", ended
    platform.deployment_of(ended.output["model_package_arn"])
    data = json.loads(platform.artifacts(ended.output["artifacts_uri"])["data.json"])
    assert data["files"][0]["source_sha256"] == given["sha256"]
    assert data["files"][0]["sha256"] == hashlib.sha256(sample(rows=400, seed=5)).hexdigest()
