"""XGBoost's training and transform jobs on the local AWS, against the bare library on the same files.

A job is timed from its request until its description says that it has ended: data is fetched, the container's
process is started, what it made is packed and stored. Bare is a process of the same environment that reads
the same CSV, trains or predicts, and writes the result.

A small job shows what a job costs whatever it does; from there to a large one, how much slower it works.
"""

import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.assembly import ROOT
from benchmarks.local_sagemaker import BUCKET, LocalSageMaker, local_sagemaker
from benchmarks.measurement import headline, interleaved, result, verdict

ROUNDS = 3
WIDTH = 20
SMALL, LARGE = (500, 1), (50_000, 300)
"""Rows, and rounds of boosting."""
TRANSFORMED_ROWS = 300_000
LARGEST_OVERHEAD_SECONDS = 2.0
LARGEST_SLOPE = 1.1
SMALLEST_RATE_RATIO = 0.5

TAG = "3.2-0"
IMAGE = f"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:{TAG}"
IMAGE_PYTHON = ROOT / ".venvs" / "images" / "sagemaker-xgboost" / TAG / "bin" / "python"
BARE_XGBOOST = Path(__file__).with_name("bare_xgboost.py")
PARAMETERS = {"objective": "binary:logistic", "max_depth": "6", "eta": "0.1", "eval_metric": "logloss"}
MACHINES = {"InstanceType": "ml.m5.large", "InstanceCount": 1}


@dataclass(frozen=True)
class Training:
    """A table to train on, and for how long."""

    name: str
    file: Path
    uri: str
    hyperparameters: dict[str, str]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, local_sagemaker() as sagemaker:
        base = Path(folder)
        headline(f"Training jobs of XGBoost, against the bare library ({SMALL} and {LARGE} rows and rounds)")
        model = _measure_training(sagemaker, base)
        headline(f"A transform job of XGBoost, against the bare library ({TRANSFORMED_ROWS:,} rows)")
        _measure_transform(sagemaker, base, model)


def _measure_training(sagemaker: LocalSageMaker, base: Path) -> str:
    """Return the address of a trained model."""
    small, large = (
        _training(sagemaker, base, name, *size) for name, size in {"small": SMALL, "large": LARGE}.items()
    )
    models: list[str] = []
    taken = interleaved(
        {
            "small, bare": _bare(base, small),
            "small, job": _job(sagemaker, small, models),
            "large, bare": _bare(base, large),
            "large, job": _job(sagemaker, large, models),
        },
        rounds=ROUNDS,
    )
    seconds = {name: samples.median for name, samples in taken.items()}
    for name, median in seconds.items():
        result(name, f"{median:.2f} s")
    overhead = seconds["small, job"] - seconds["small, bare"]
    slope = (seconds["large, job"] - seconds["small, job"]) / (
        seconds["large, bare"] - seconds["small, bare"]
    )
    most = LARGEST_OVERHEAD_SECONDS
    verdict("overhead of a job", f"{overhead:.2f} s", f"<= {most} s", met=overhead <= most)
    verdict("slope", f"{slope:.2f}x", f"<= {LARGEST_SLOPE}x", met=slope <= LARGEST_SLOPE)
    return models[-1]


def _measure_transform(sagemaker: LocalSageMaker, base: Path, model: str) -> None:
    rows = base / "rows.csv"
    _write_table(rows, TRANSFORMED_ROWS, seed=3, labelled=False)
    uri = sagemaker.upload(rows, "transform/rows.csv")
    sagemaker.create_model("benchmark", IMAGE, model)
    taken = interleaved(
        {
            "bare": _timed(["predict", str(rows), str(base / "bare.ubj"), str(base / "answers.csv")]),
            "job": _transform_job(sagemaker, uri),
        },
        rounds=ROUNDS,
    )
    for name, samples in taken.items():
        result(name, f"{TRANSFORMED_ROWS / samples.median:,.0f} rows/s ({samples.median:.1f} s)")
    ratio = taken["bare"].median / taken["job"].median
    verdict("ratio", f"{ratio:.2f}x", f">= {SMALLEST_RATE_RATIO}x", met=ratio >= SMALLEST_RATE_RATIO)


def _training(sagemaker: LocalSageMaker, base: Path, name: str, rows: int, rounds: int) -> Training:
    file = base / f"{name}.csv"
    _write_table(file, rows, seed=rows, labelled=True)
    uri = sagemaker.upload(file, f"{name}/train.csv").removesuffix("train.csv")
    return Training(name, file, uri, {**PARAMETERS, "num_round": str(rounds)})


def _write_table(path: Path, rows: int, *, seed: int, labelled: bool) -> None:
    """Features of three decimals; the label says whether the first two are more than the third and fourth."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    with path.open("w", encoding="ascii") as file:
        for _ in range(rows):
            values = [draw.random() for _ in range(WIDTH)]
            label = [str(int(sum(values[:2]) > sum(values[2:4])))] if labelled else []
            file.write(",".join([*label, *(f"{value:.3f}" for value in values)]) + "\n")


def _bare(base: Path, training: Training) -> Callable[[], float]:
    parameters = json.dumps(training.hyperparameters)
    return _timed(["train", str(training.file), str(base / "bare.ubj"), parameters])


def _timed(arguments: list[str]) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        command = [str(IMAGE_PYTHON), str(BARE_XGBOOST), *arguments]
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}  # as in the job's container
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    return run


def _job(sagemaker: LocalSageMaker, training: Training, models: list[str]) -> Callable[[], float]:
    """Runs the training job, and adds its model to `models`."""
    source = {"S3DataType": "S3Prefix", "S3Uri": training.uri}
    request: dict[str, Any] = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": sagemaker.role,
        "HyperParameters": training.hyperparameters,
        "InputDataConfig": [
            {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {**MACHINES, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    numbers = count()

    def run() -> float:
        name = f"{training.name}-{next(numbers)}"
        began = time.perf_counter()
        job = sagemaker.run("training_job", TrainingJobName=name, **request)
        seconds = time.perf_counter() - began
        models.append(job["ModelArtifacts"]["S3ModelArtifacts"])
        return seconds

    return run


def _transform_job(sagemaker: LocalSageMaker, uri: str) -> Callable[[], float]:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    request: dict[str, Any] = {
        "ModelName": "benchmark",
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {
            "S3OutputPath": f"s3://{BUCKET}/transformed",
            "Accept": "text/csv",
            "AssembleWith": "Line",
        },
        "BatchStrategy": "MultiRecord",
        "MaxConcurrentTransforms": 2,
        "TransformResources": MACHINES,
    }
    numbers = count()

    def run() -> float:
        began = time.perf_counter()
        sagemaker.run("transform_job", TransformJobName=f"transform-{next(numbers)}", **request)
        return time.perf_counter() - began

    return run


if __name__ == "__main__":
    main()
