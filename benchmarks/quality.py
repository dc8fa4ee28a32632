"""How good the models are on the real data, beside what others published and the majority class.

`python -m benchmarks.quality FOLDER`: the folder holds the public files under the names in each
workload.yaml. A platform is deployed on a local AWS, and each model is trained and measured there by its own
pipeline, tuning included: minutes of both cores. What differs from the settings is said at each model.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.deployed import Project, new_project
from benchmarks.measurement import headline, result, verdict
from settings.loading import load_environment, load_workloads

BINARY = "binary_classification_metrics"
ANOMALIES = "anomaly_detection_metrics"
OFFICIAL = {"preparation": {"parameters": {"split": "official"}}}
CENSUS = {"census_income": OFFICIAL, "census_income_tuned": OFFICIAL}
ECONOMY = {"bank_marketing": {"preparation": {"parameters": {"keep_economic_columns": "true"}}}}

ADULT_NAMES = "https://archive.ics.uci.edu/ml/machine-learning-databases/adult/adult.names"
BANK_TUTORIAL = (
    "https://aws.amazon.com/getting-started/hands-on/build-train-deploy-machine-learning-model-sagemaker/"
)
BANK_PAPER = "https://doi.org/10.1016/j.dss.2014.03.001"


@dataclass(frozen=True)
class Figure:
    """A metric of a model, the least it must be, and what others published."""

    metric: str
    least: float | None = None
    published: str = ""


@dataclass(frozen=True)
class Model:
    """What is measured of a workload's model, and how it was made."""

    workload: str
    how: str
    group: str
    figures: tuple[Figure, ...]


_CENSUS_ACCURACY = Figure("accuracy", published=f"0.8595, the best of 16 algorithms ({ADULT_NAMES})")
MODELS = (
    Model(
        "census_income",
        "built-in XGBoost; adult.data without two ninths to validate with; tested on adult.test",
        BINARY,
        (Figure("auc", 0.920), _CENSUS_ACCURACY),
    ),
    Model(
        "census_income_tuned",
        "script and tuning job; adult.data; tested on adult.test",
        BINARY,
        (Figure("auc", 0.927), _CENSUS_ACCURACY),
    ),
    Model(
        "bank_marketing",
        "built-in XGBoost; the tutorial's columns and split",
        BINARY,
        (Figure("auc", 0.775), Figure("accuracy", 0.894, f"0.895 ({BANK_TUTORIAL})")),
    ),
    Model(
        "taxi_anomalies",
        "random cut forest; the five labelled windows",
        ANOMALIES,
        (
            Figure("windows_hit", 5),
            Figure("flagged_share_in_windows", 0.8),
            Figure("flagged_points"),
            Figure("nab_score"),
        ),
    ),
)
WITH_ECONOMY = Model(
    "bank_marketing",
    "the same, the columns on the economy kept",
    BINARY,
    (Figure("auc", 0.80, f"0.8, a neural network on later calls ({BANK_PAPER})"), Figure("accuracy")),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="FOLDER", help="holds the raw data of the workloads")
    data = parser.parse_args().data.resolve()
    _require(data)
    with new_project() as project:
        headline("Models on the real data")
        _train(project, data, CENSUS)
        for model in MODELS:
            _report(project, model)
        _train(project, data, {**CENSUS, **ECONOMY})
        _report(project, WITH_ECONOMY)


def _require(data: Path) -> None:
    """End here if a file is missing: its workload would be trained on generated data."""
    measured = {model.workload for model in MODELS}
    names = {
        file.name
        for workload in load_workloads(load_environment("dev"))
        if workload.name in measured
        for file in workload.data.files
    }
    missing = sorted(name for name in names if not (data / name).is_file())
    if missing:
        sys.exit(f"{data} lacks {', '.join(missing)}: put the public files there, under these names.")


def _train(project: Project, data: Path, overrides: dict[str, Any]) -> None:
    project.override(overrides)
    project.manage("local", "up", "--data", str(data))


def _report(project: Project, model: Model) -> None:
    answer = json.loads(project.manage("report", model.workload, "--target", "local", "--json"))
    metrics: Mapping[str, Any] = answer["metrics"][model.group]
    print(f"  {model.workload}: {model.how}")
    for figure in model.figures:
        value = float(metrics[figure.metric]["value"])
        text = "; ".join((f"{value:.4f}", *_compared(metrics, figure)))
        if figure.least is None:
            result(figure.metric, text)
        else:
            verdict(figure.metric, text, f">= {figure.least:g}", met=value >= figure.least)


def _compared(metrics: Mapping[str, Any], figure: Figure) -> Iterator[str]:
    constant = metrics.get(f"{figure.metric}_best_constant_classifier")
    if constant:
        yield f"majority class: {float(constant['value']):.4f}"
    if figure.published:
        yield f"published: {figure.published}"


if __name__ == "__main__":
    main()
