"""Predictions a second through the k-NN endpoint, against bare faiss on the same rows.

Through the endpoint: InvokeEndpoint by boto3 with 1,000 rows of CSV, answered in JSON. Bare: the same index,
read from the endpoint's own model, searched in a process that does nothing else.
"""

import random
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.assembly import ROOT
from benchmarks.deployed import Platform, platform
from benchmarks.measurement import headline, interleaved, result, verdict

ROUNDS = 30
ROWS = 1000
TARGET_RATIO = 0.5

IMAGE_PYTHON = ROOT / ".venvs" / "images" / "knn" / "1" / "bin" / "python"
BARE_FAISS = Path(__file__).with_name("bare_faiss.py")


def main() -> None:
    """Measure and print."""
    with platform(__doc__) as deployed:
        measure(deployed)


def measure(deployed: Platform) -> None:
    """Measure this platform and print."""
    headline(f"k-NN endpoint, against bare faiss (batches of {ROWS} rows)")
    draw = random.Random(1)  # noqa: S311 - quiz answers
    batch = "\n".join(",".join(str(draw.randint(1, 8)) for _ in range(5)) for _ in range(ROWS))
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder)
        _download_model(deployed, model)
        (model / "batch.csv").write_text(batch)
        with _searching(model) as search:
            taken = interleaved(
                {"bare faiss": search, "endpoint": _asking(deployed, batch)}, rounds=ROUNDS, warm_up=3
            )
    for name, samples in taken.items():
        result(name, f"{ROWS / samples.median:,.0f} predictions/s ({samples.median * 1000:.1f} ms a batch)")
    ratio = taken["bare faiss"].median / taken["endpoint"].median
    verdict("ratio", f"{ratio:.2f}x", f">= {TARGET_RATIO}x", met=ratio >= TARGET_RATIO)


def _download_model(deployed: Platform, folder: Path) -> None:
    sagemaker = deployed.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=deployed.endpoint)["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    (container,) = model.get("Containers") or [model["PrimaryContainer"]]
    package = sagemaker.describe_model_package(ModelPackageName=container["ModelPackageName"])
    url = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = url.removeprefix("s3://").partition("/")
    deployed.client("s3").download_file(bucket, key, str(folder / "model.tar.gz"))
    with tarfile.open(folder / "model.tar.gz") as archive:
        archive.extractall(folder, filter="data")


@contextmanager
def _searching(model: Path) -> Iterator[Callable[[], float]]:
    command = [str(IMAGE_PYTHON), str(BARE_FAISS), str(model), str(model / "batch.csv")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asked, answers = process.stdin, process.stdout
        if asked is None or answers is None:
            raise RuntimeError("bare faiss has no pipes")

        def search() -> float:
            asked.write("search\n")
            asked.flush()
            return float(answers.readline())

        yield search
        asked.close()


def _asking(deployed: Platform, batch: str) -> Callable[[], float]:
    client: Any = deployed.client("sagemaker-runtime")

    def ask() -> float:
        began = time.perf_counter()
        client.invoke_endpoint(
            EndpointName=deployed.endpoint, ContentType="text/csv", Accept="application/json", Body=batch
        )["Body"].read()
        return time.perf_counter() - began

    return ask


if __name__ == "__main__":
    main()
