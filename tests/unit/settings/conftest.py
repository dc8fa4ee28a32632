"""A project with one valid environment and one valid workload, whose settings a test then spoils."""

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.environment import Environment
from settings.loading import load_environment, load_workloads
from settings.workload import Workload

ENVIRONMENT: dict[str, Any] = {
    "prefix": "ml-dev",
    "api": {"throttling_rate": 50, "throttling_burst": 100},
    "recommendation": {"workload": "quiz_answers"},
    "tags": {"owner": "ml-platform", "cost_centre": "4711", "environment": "dev"},
}

WORKLOAD: dict[str, Any] = {
    "name": "quiz_answers",
    "description": "Guesses the next answer.",
    "data": {"files": [{"name": "answers.csv"}]},
    "algorithm": {"name": "knn", "version": "1"},
    "hyperparameters": {"feature_dim": 5, "k": 10, "predictor_type": "classifier", "sample_size": 1000},
    "training": {"instance_type": "ml.m5.large"},
    "channels": {name: {"content_type": "text/csv;label_size=1"} for name in ("train", "test")},
    "preparation": {"instance_type": "ml.t3.medium"},
    "evaluation": {"instance_type": "ml.t3.medium"},
    "transform": {"instance_type": "ml.m5.large"},
    "inference": {"content_type": "text/csv", "accept": "application/jsonlines"},
    "gate": {
        "metric": "accuracy",
        "metric_group": "multiclass_classification_metrics",
        "minimum": 0.45,
    },
    "serving": {"type": "serverless", "memory_mb": 2048, "max_concurrency": 5},
}

DELETED = object()
"""As a change's value, takes the key away."""


@dataclass
class Project:
    """The settings files of a project in a folder of their own."""

    root: Path
    environment: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(ENVIRONMENT))
    workload: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(WORKLOAD))
    name: str = "quiz_answers"

    @property
    def environment_file(self) -> Path:
        return self.root / "settings" / "dev.yaml"

    @property
    def folder(self) -> Path:
        return self.root / "training_scripts" / self.name

    def rename(self, name: str) -> None:
        self.name = self.workload["name"] = self.environment["recommendation"]["workload"] = name

    def write(self) -> None:
        self.environment_file.parent.mkdir(exist_ok=True)
        self.environment_file.write_text(yaml.safe_dump(self.environment))
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "workload.yaml").write_text(yaml.safe_dump(self.workload))
        for script in ("prepare.py", "evaluate.py"):
            (self.folder / script).touch()

    def load_environment(self) -> Environment:
        self.write()
        return load_environment("dev", self.root)

    def load_workloads(self) -> tuple[Workload, ...]:
        return load_workloads(self.load_environment(), self.root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def changed(settings: dict[str, Any], path: str, value: object) -> None:
    """Set or take away the value at a path such as `serving.memory_mb`."""
    *parents, key = path.split(".")
    for parent in parents:
        settings = settings.setdefault(parent, {})
    if value is DELETED:
        del settings[key]
    else:
        settings[key] = value
