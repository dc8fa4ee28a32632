"""Clarify jobs measure bias and explain a model, through an endpoint that is gone after them."""

import csv
import io
import json
import random
import uuid
from typing import Any

import pytest

from tests.local.running import statement, until
from tests.local.sagemaker.workbench import INSTANCE, Workbench

CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:{}"
ROOT = "/opt/ml/processing"
HEADERS = ["approved", "score", "female"]
EPHEMERAL = [
    "sagemaker:CreateEndpointConfig",
    "sagemaker:DeleteEndpointConfig",
    "sagemaker:CreateEndpoint",
    "sagemaker:DescribeEndpoint",
    "sagemaker:DeleteEndpoint",
    "sagemaker:InvokeEndpoint",
]


def applicants(count: int = 400) -> list[tuple[int, float, int]]:
    """Who is approved has a score above his group's bar, which is higher for women."""
    numbers = random.Random(3)  # noqa: S311 - test data
    people = [(numbers.uniform(0, 1), int(numbers.random() < 0.4)) for _ in range(count)]
    return [(int(score > (0.7 if female else 0.4)), round(score, 4), female) for score, female in people]


def lines(rows: list[tuple[int, float, int]]) -> bytes:
    return "".join(f"{approved},{score},{female}\n" for approved, score, female in rows).encode()


def share(rows: list[tuple[int, float, int]], female: int) -> float:
    group = [approved for approved, _, other in rows if other == female]
    return sum(group) / len(group)


def config(model: str | None, **changes: Any) -> dict[str, Any]:
    predictor = {
        "model_name": model,
        "instance_type": INSTANCE,
        "initial_instance_count": 1,
        "accept_type": "text/csv",
        "content_type": "text/csv",
        "endpoint_name_prefix": "clarify-test",
    }
    return {
        "version": "1.0",
        "dataset_type": "text/csv",
        "headers": HEADERS,
        "label": "approved",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "female", "value_or_threshold": [1]}],
        "methods": {
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": "all"},
            "shap": {"num_samples": 100, "agg_method": "mean_abs", "save_local_shap_values": True},
            "report": {"name": "report", "title": "Approvals"},
        },
        "predictor": predictor,
        "probability_threshold": 0.5,
        **changes,
    }


def clarify(workbench: Workbench, name: str, configuration: dict[str, Any]) -> dict[str, Any]:
    """Run a Clarify job on the applicants to its end, and give its description."""
    begin(workbench, name, configuration)
    return workbench.ended("ProcessingJob", name)


def begin(workbench: Workbench, name: str, configuration: dict[str, Any]) -> None:
    request = workbench.processing_request(name, "")
    settings = workbench.put(f"clarify/{name}/analysis_config.json", json.dumps(configuration).encode())
    data = workbench.put(f"clarify/{name}/data/test.csv", lines(applicants()))
    request["AppSpecification"] = {"ImageUri": CLARIFY}
    request["ProcessingInputs"] = [
        workbench.processing_input("analysis_config", settings, f"{ROOT}/input/config"),
        workbench.processing_input("dataset", data, f"{ROOT}/input/data"),
    ]
    workbench.sagemaker.create_processing_job(**request)


def metrics(section: dict[str, Any]) -> dict[str, float]:
    (facet,) = section["facets"]["female"]
    assert facet["value_or_threshold"] == "1"
    return {metric["name"]: metric["value"] for metric in facet["metrics"]}


def shadows(workbench: Workbench) -> list[str]:
    """What is left of the jobs' endpoints."""
    endpoints = workbench.sagemaker.list_endpoints(NameContains="clarify-test")["Endpoints"]
    configs = workbench.sagemaker.list_endpoint_configs(NameContains="clarify-test")["EndpointConfigs"]
    live = [item["EndpointName"] for item in endpoints if item["EndpointStatus"] != "Deleting"]
    return live + [item["EndpointConfigName"] for item in configs]


@pytest.fixture(scope="module")
def analyst(workbench: Workbench) -> Workbench:
    """The workbench, its role allowed what Clarify needs: endpoints of the prefix, any model of the tests."""
    base = "arn:aws:sagemaker:us-east-1:000000000000"
    owned = [f"{base}:endpoint/clarify-test-*", f"{base}:endpoint-config/clarify-test-*"]
    given = [statement(EPHEMERAL, owned), statement("sagemaker:DescribeModel", f"{base}:model/*")]
    workbench.aws.client("iam").put_role_policy(
        RoleName=workbench.bucket,
        PolicyName="clarify",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": given}),
    )
    return workbench


@pytest.fixture(scope="module", params=["1.7-1", "3.2-0"])
def booster(request: pytest.FixtureRequest, analyst: Workbench) -> str:
    """The name of an XGBoost model of the applicants."""
    image = XGBOOST.format(request.param)
    name = f"approvals-{uuid.uuid4().hex[:8]}"
    data = analyst.put(f"data/{name}/train.csv", lines(applicants()))
    job = analyst.train(
        name,
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        HyperParameters={"objective": "binary:logistic", "num_round": "20", "max_depth": "3"},
        InputDataConfig=[analyst.channel("train", data)],
    )
    assert job["TrainingJobStatus"] == "Completed", job
    return analyst.make_model(name, job["ModelArtifacts"]["S3ModelArtifacts"], Image=image)


def test_bias_and_explanations_of_a_tree_model(analyst: Workbench, booster: str, name: str) -> None:
    # When
    job = clarify(analyst, name, config(booster))

    # Then
    assert job["ProcessingJobStatus"] == "Completed", job
    analysis = json.loads(analyst.read(f"processed/{name}/analysis.json"))
    rows = applicants()
    before = metrics(analysis["pre_training_bias_metrics"])
    assert before["DPL"] == pytest.approx(share(rows, 0) - share(rows, 1))
    after = metrics(analysis["post_training_bias_metrics"])
    assert after["DPPL"] == pytest.approx(before["DPL"], abs=0.05)
    assert after["DI"] == pytest.approx(share(rows, 1) / share(rows, 0), abs=0.1)
    explained = analysis["explanations"]["kernel_shap"]["label0"]
    assert list(explained["global_shap_values"]) == ["score", "female"]
    assert explained["global_shap_values"]["score"] > explained["global_shap_values"]["female"] > 0
    local = list(
        csv.DictReader(io.StringIO(analyst.read(f"processed/{name}/explanations_shap/out.csv").decode()))
    )
    assert len(local) == len(rows)
    assert list(local[0]) == ["score_label0", "female_label0"]
    # The contributions add up to the margin, whose sign is the prediction.
    margins = [sum(map(float, row.values())) + explained["expected_value"] for row in local]
    agreeing = sum((margin > 0) == bool(row[0]) for margin, row in zip(margins, rows, strict=True))
    assert agreeing > 0.98 * len(rows)
    assert "<h1>Approvals</h1>" in analyst.read(f"processed/{name}/report.html").decode()
    assert shadows(analyst) == []


def test_labels_that_a_model_answers_are_taken(analyst: Workbench, model: str, name: str) -> None:
    # Given k-NN, which answers labels as JSON lines
    settings = config(model, methods={"post_training_bias": {"methods": ["DPPL", "DI"]}})
    settings["predictor"].update(accept_type="application/jsonlines", label="predicted_label")

    # When
    job = clarify(analyst, name, settings)

    # Then
    assert job["ProcessingJobStatus"] == "Completed", job
    analysis = json.loads(analyst.read(f"processed/{name}/analysis.json"))
    assert set(metrics(analysis["post_training_bias_metrics"])) == {"DI", "DPPL"}
    assert shadows(analyst) == []


def test_a_model_without_trees_has_no_shap_values(analyst: Workbench, model: str, name: str) -> None:
    # When
    job = clarify(analyst, name, config(model, methods={"shap": {}}))

    # Then
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: no tree model: s3://")


def test_a_refused_prediction_leaves_no_endpoint(analyst: Workbench, model: str, name: str) -> None:
    # Given an accept type that k-NN doesn't have
    settings = config(model, methods={"post_training_bias": {"methods": "all"}})

    # When
    job = clarify(analyst, name, settings)

    # Then
    assert job["ProcessingJobStatus"] == "Failed"
    assert "406" in job["FailureReason"]
    assert job["ExitMessage"].startswith("ClientError: ")
    assert shadows(analyst) == []


def test_a_stopped_job_leaves_no_endpoint(analyst: Workbench, model: str, name: str) -> None:
    # Given a job that has just made its endpoint
    begin(analyst, name, config(model, methods={"post_training_bias": {"methods": "all"}}))
    until(lambda: shadows(analyst), "the job has made no endpoint")

    # When
    analyst.sagemaker.stop_processing_job(ProcessingJobName=name)

    # Then
    assert analyst.ended("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"
    assert shadows(analyst) == []


def test_a_wrong_facet_is_named(analyst: Workbench, name: str) -> None:
    # When
    job = clarify(analyst, name, config(None, facet=[{"name_or_index": "sex", "value_or_threshold": [1]}]))

    # Then
    assert job["FailureReason"] == (
        "ClientError: The facet column 'sex' is not in the dataset; its columns: approved, score, female., "
        "exit code: 1"
    )
