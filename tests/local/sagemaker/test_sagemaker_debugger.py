"""Debugger: the hook of a training job, and the rule that reports on it."""

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.workbench import Workbench, csv

ACCOUNT = "dkr.ecr.us-east-1.amazonaws.com"
RULES = f"503895931360.{ACCOUNT}/sagemaker-debugger-rules:latest"
HYPERPARAMETERS = {"num_round": "12", "max_depth": "3", "seed": "1"}
COLLECTIONS = ("metrics", "feature_importance", "predictions", "labels", "hyperparameters")


def _rows(count: int, objective: str) -> list[str]:
    numbers = random.Random(count)  # noqa: S311 - test data
    points = [[numbers.random() for _ in range(3)] for _ in range(count)]
    sums = [2 * point[0] + point[1] + 0.4 * numbers.random() for point in points]
    labels = sums if objective.startswith("reg:") else [float(total > 1.7) for total in sums]
    return [
        ",".join(f"{value:.4f}" for value in (label, *point))
        for label, point in zip(labels, points, strict=True)
    ]


def _request(workbench: Workbench, objective: str, tag: str = "1.7-1") -> dict[str, Any]:
    for channel, count in (("train", 600), ("validation", 300)):
        workbench.put(f"debugger/{objective}/{channel}/data.csv", csv(_rows(count, objective)))
    root = f"s3://{workbench.bucket}/debugger"
    collections = [
        {"CollectionName": name, "CollectionParameters": {"save_interval": "5"}} for name in COLLECTIONS
    ]
    rule = {
        "RuleConfigurationName": "CreateXgboostReport",
        "RuleEvaluatorImage": RULES,
        "RuleParameters": {"rule_to_invoke": "CreateXgboostReport"},
        "S3OutputPath": f"{root}/reports",
    }
    return {
        "AlgorithmSpecification": {
            "TrainingImage": f"683313688378.{ACCOUNT}/sagemaker-xgboost:{tag}",
            "TrainingInputMode": "File",
        },
        "HyperParameters": {**HYPERPARAMETERS, "objective": objective},
        "InputDataConfig": [
            workbench.channel(name, f"{root}/{objective}/{name}/") for name in ("train", "validation")
        ],
        "DebugHookConfig": {"S3OutputPath": f"{root}/tensors", "CollectionConfigurations": collections},
        "DebugRuleConfigurations": [rule],
    }


def _evaluated(workbench: Workbench, name: str) -> dict[str, Any]:
    def is_over(job: dict[str, Any]) -> bool:
        return all(
            rule["RuleEvaluationStatus"] != "InProgress" for rule in job["DebugRuleEvaluationStatuses"]
        )

    job = workbench.described("TrainingJob", name, is_over)
    status: dict[str, Any] = job["DebugRuleEvaluationStatuses"][0]
    return status


@pytest.mark.parametrize(
    ("objective", "shown"),
    [
        (
            "binary:logistic",
            ["Importance of features", "Confusion matrix, validation", "ROC curve; area: train 0.9"],
        ),
        ("reg:squarederror", ["rmse by round", "Residuals, validation"]),
    ],
)
def test_the_rule_reports_on_the_training(workbench: Workbench, objective: str, shown: list[str]) -> None:
    # Given a training job with a hook and a rule
    name = f"debugger-{objective.partition(':')[0]}"
    job = workbench.train(name, **_request(workbench, objective))
    assert job["TrainingJobStatus"] == "Completed", job

    # When the rule has been evaluated
    status = _evaluated(workbench, name)

    # Then its report is in S3
    assert status["RuleEvaluationStatus"] == "NoIssuesFound", status
    report = f"debugger/reports/{name}/CreateXgboostReport/rule-output/xgboost_report.html"
    page = workbench.read(report).decode()
    assert all(text in page for text in shown)
    assert 'src="data:image/png;base64,' in page
    assert f"debugger/tensors/{name}/debug-output/metrics.json" in workbench.keys("debugger/tensors")

    # And it ran as a processing job that names its training
    evaluation = workbench.sagemaker.describe_processing_job(
        ProcessingJobName=status["RuleEvaluationJobArn"].rpartition("/")[2]
    )
    assert evaluation["TrainingJobArn"] == job["TrainingJobArn"]


def test_a_container_without_a_hook_leaves_the_rule_nothing_to_read(workbench: Workbench) -> None:
    workbench.train("debugger-no-hook", **_request(workbench, "binary:logistic", "3.2-0"))

    status = _evaluated(workbench, "debugger-no-hook")

    assert status["RuleEvaluationStatus"] == "Error"
    assert "No objects found" in status["StatusDetails"]


def test_the_rule_of_a_training_that_fails_is_stopped(workbench: Workbench) -> None:
    request = _request(workbench, "binary:logistic")
    request["HyperParameters"]["max_depth"] = "deep"

    job = workbench.train("debugger-failed", **request)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["DebugRuleEvaluationStatuses"][0]["RuleEvaluationStatus"] == "Stopped"


def test_other_rules_are_refused(workbench: Workbench) -> None:
    request = _request(workbench, "binary:logistic")
    request["DebugRuleConfigurations"][0]["RuleParameters"] = {"rule_to_invoke": "LossNotDecreasing"}

    with pytest.raises(ClientError, match="LossNotDecreasing is not supported here; use CreateXgboostReport"):
        workbench.train("debugger-other", **request)


def test_a_rule_needs_a_hook(workbench: Workbench) -> None:
    request = _request(workbench, "binary:logistic")
    del request["DebugHookConfig"]

    with pytest.raises(ClientError, match="require a DebugHookConfig"):
        workbench.train("debugger-hookless", **request)
