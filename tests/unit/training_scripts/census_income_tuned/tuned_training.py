"""Runs train.py with SageMaker's environment variables, as its container does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.unit.training_scripts import scripts
from tests.unit.training_scripts.scripts import Done

SCRIPT = "census_income_tuned/train.py"
SECONDS = 120
QUICK = {"eta": 0.3, "max_depth": 3, "num_round": 60, "early_stopping_rounds": 5, "nfold": 3, "seed": 7}


def generated(rows: int, seed: int = 1, features: int = 6) -> list[str]:
    """CSV lines, the label first, of a label that the features tell in part."""
    draw = np.random.RandomState(seed)
    values = draw.normal(size=(rows, features))
    chance = 1 / (1 + np.exp(-(values[:, 0] * 1.5 + values[:, 1] * values[:, 2] - 1)))
    labels = draw.uniform(size=rows) < chance
    return [
        ",".join([str(int(label)), *(f"{value:.3f}" for value in row)])
        for label, row in zip(labels, values, strict=True)
    ]


class Training:
    """A folder in which one host trains."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.train = folder / "train"
        self.train.mkdir(parents=True)
        (folder / "model").mkdir()

    def write(self, name: str, lines: list[str]) -> None:
        (self.train / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """Start the script in a process of its own."""
        return scripts.start(SCRIPT, *_arguments({}), environment=self._environment(environment))

    def run(self, hyperparameters: Mapping[str, object] | None = None, **environment: str) -> Done:
        """Run the script in this process."""
        return scripts.run(
            SCRIPT, *_arguments(hyperparameters or {}), environment=self._environment(environment)
        )

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            "SM_CHANNEL_TRAIN": str(self.train),
            "SM_MODEL_DIR": str(self.folder / "model"),
            "SM_OUTPUT_DATA_DIR": str(self.folder / "data"),
            "SM_NUM_CPUS": "1",
            **more,
        }


def _arguments(hyperparameters: Mapping[str, object]) -> list[str]:
    given = {**QUICK, **hyperparameters}
    return [text for name, value in given.items() for text in (f"--{name}", str(value))]


def objective(log: str) -> str:
    """The one objective that a log holds, as it is written there."""
    (found,) = [line.partition(":")[2] for line in log.splitlines() if line.startswith("validation-auc:")]
    return found


def start_on_hosts(folder: Path, lines: list[str], hosts: list[str]) -> list[subprocess.Popen[str]]:
    """Start a job on several hosts, the lines dealt out to them."""
    processes = []
    for place, host in enumerate(hosts):
        training = Training(folder / f"host-{place}")
        training.write("part.csv", lines[place :: len(hosts)])
        processes.append(
            training.start(
                SM_HOSTS=json.dumps(hosts),
                SM_CURRENT_HOST=host,
                TRAINING_JOB_NAME=f"{folder.name}-{os.getpid()}",
            )
        )
    return processes
