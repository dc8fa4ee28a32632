import io

import pytest
from rich.console import Console

from cli import registry, report
from cli.errors import OperatorError
from cli.platform import Platform
from tests.unit.cli.stubbed_aws import PACKAGE, StubbedTarget, expect_artifact, package_description

PREFIX = "runs/mysfit_recommender/0123456789ab/"
GROUP = "multiclass_classification_metrics"
EVALUATION = {
    GROUP: {
        "accuracy": {"value": 0.58712, "standard_deviation": "NaN"},
        "confusion_matrix": {"0": {"0": 6, "1": 3, "2": 1}, "1": {"0": 0, "1": 4}, "2": {}},
    }
}
SETTINGS = {"hyperparameters": {"k": "10"}, "files": [{"name": "answers.csv"}]}
TUNING = {
    "strategy": "Bayesian",
    "objective": {"metric": "validation:auc", "goal": "Maximize"},
    "best_training_job": "t-002",
    "jobs": [
        {
            "TrainingJobName": "t-002",
            "TrainingJobStatus": "Completed",
            "TunedHyperParameters": {"max_depth": "6", "eta": "0.2"},
            "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "validation:auc", "Value": 0.92345},
        },
        {"TrainingJobName": "t-001", "TrainingJobStatus": "Failed"},
    ],
}
DATA = {"files": [{"name": "answers.csv", "sha256": "ab" * 32, "bytes": 12345}]}


@pytest.fixture
def package(platform: Platform, target: StubbedTarget) -> registry.ModelPackage:
    target.expect("sagemaker", "describe_model_package", package_description(), {"ModelPackageName": PACKAGE})
    return registry.describe(platform, PACKAGE)


def expect_listing(target: StubbedTarget, *more: str) -> None:
    keys = [f"{PREFIX}{name}" for name in ("settings.json", "model/model.tar.gz", *more)]
    listing = {"Contents": [{"Key": key, "Size": 1} for key in keys]}
    target.expect("s3", "list_objects_v2", listing, {"Bucket": "artifacts", "Prefix": PREFIX})


@pytest.fixture
def found(platform: Platform, target: StubbedTarget, package: registry.ModelPackage) -> report.Report:
    expect_listing(target)
    expect_artifact(target, "evaluation/evaluation.json", EVALUATION)
    expect_artifact(target, "settings.json", SETTINGS)
    expect_artifact(target, "data.json", DATA)
    return report.read(platform, platform.workloads[0], package)


def test_a_report_holds_what_the_run_left(found: report.Report) -> None:
    document = found.document()

    assert found.metric(GROUP, "accuracy") == 0.58712
    assert document["metrics"] == EVALUATION
    assert document["data"] == DATA
    assert document["artifacts"] == [
        f"s3://artifacts/{PREFIX}settings.json",
        f"s3://artifacts/{PREFIX}model/model.tar.gz",
    ]


def test_a_report_for_people_sums_the_confusion_up(found: report.Report) -> None:
    console = Console(file=io.StringIO(), width=200)

    console.print(report.render(found))

    assert isinstance(console.file, io.StringIO)
    lines = [line.replace("│", " ").split() for line in console.file.getvalue().splitlines()]
    assert ["accuracy", "0.5871"] in lines
    assert ["0", "10", "60.0%", "1", "(3)"] in lines
    assert ["1", "4", "100.0%", "-"] in lines
    assert ["2", "0", "-", "-"] in lines
    assert ["hyperparameters.k", "10"] in lines
    assert ["files.0.name", "answers.csv"] in lines
    assert ["answers.csv", "12,345", "ab" * 32] in lines


def test_a_report_that_is_gone_is_told(
    platform: Platform, target: StubbedTarget, package: registry.ModelPackage
) -> None:
    expect_listing(target)
    target.refuse("s3", "get_object", "NoSuchKey", "The specified key does not exist.")

    with pytest.raises(OperatorError, match=r"evaluation\.json is gone, so version 3 .* has no report"):
        report.read(platform, platform.workloads[0], package)


def test_a_search_is_ranked_as_the_run_left_it(
    platform: Platform, target: StubbedTarget, package: registry.ModelPackage
) -> None:
    # Given a run whose hyperparameters were searched for
    expect_listing(target, "tuning.json")
    expect_artifact(target, "evaluation/evaluation.json", EVALUATION)
    expect_artifact(target, "settings.json", SETTINGS)
    expect_artifact(target, "data.json", DATA)
    expect_artifact(target, "tuning.json", TUNING)

    # When its report is read
    found = report.read(platform, platform.workloads[0], package)

    # Then each job has a line, the best one first
    console = Console(file=io.StringIO(), width=200)
    console.print(report.render(found))
    assert isinstance(console.file, io.StringIO)
    lines = [line.replace("│", " ").split() for line in console.file.getvalue().splitlines()]
    assert ["Bayesian", "search,", "maximize", "validation:auc"] in lines
    assert ["t-002", "(best)", "Completed", "0.92345", "eta=0.2,", "max_depth=6"] in lines
    assert ["t-001", "Failed", "-"] in lines
    assert found.document()["tuning"] == TUNING


def test_the_html_report_is_read_as_it_is(
    platform: Platform, target: StubbedTarget, package: registry.ModelPackage
) -> None:
    expect_artifact(target, "evaluation/report.html", {"any": "page"})

    assert report.read_html(platform, platform.workloads[0], package) == b'{"any": "page"}'


def test_an_html_report_that_is_not_there_is_told(
    platform: Platform, target: StubbedTarget, package: registry.ModelPackage
) -> None:
    target.refuse("s3", "get_object", "NoSuchKey", "The specified key does not exist.")

    with pytest.raises(OperatorError, match=r"report\.html is gone, so version 3 .* choose another"):
        report.read_html(platform, platform.workloads[0], package)
