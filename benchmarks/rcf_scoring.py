"""Scores a second of the RCF image's server, against bare krcf on the same rows and the same forest.

The server is the image's own process, asked by HTTP with CSV and answering JSON lines, as a transform does.
"""

import http.client
import json
import os
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.assembly import ROOT
from benchmarks.measurement import headline, interleaved, result, verdict

ROUNDS = 10
ROWS, WIDTH, TRAINED_ON = 2_000, 48, 10_000
HYPERPARAMETERS = {"feature_dim": str(WIDTH), "num_trees": "50", "num_samples_per_tree": "512"}
LARGEST_RATIO = 1.2
START_SECONDS = 30

IMAGE_PYTHON = ROOT / ".venvs" / "images" / "randomcutforest" / "1" / "bin" / "python"
BARE_KRCF = Path(__file__).with_name("bare_krcf.py")
MODULES = "local_aws.images.algorithms.randomcutforest"


def main() -> None:
    """Measure and print."""
    headline(f"RCF scoring, against bare krcf (batches of {ROWS} rows of {WIDTH} values)")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        _train(base)
        batch = base / "batch.csv"
        batch.write_text(_points(ROWS, seed=2))
        with _scoring(base / "model", batch) as score, _serving(base, batch.read_bytes()) as ask:
            taken = interleaved({"bare krcf": score, "image's server": ask}, rounds=ROUNDS, warm_up=2)
    for name, samples in taken.items():
        result(name, f"{ROWS / samples.median:,.0f} scores/s ({samples.median * 1000:.0f} ms a batch)")
    ratio = taken["image's server"].median / taken["bare krcf"].median
    verdict("ratio", f"{ratio:.2f}x", f"<= {LARGEST_RATIO}x", met=ratio <= LARGEST_RATIO)


def _points(count: int, seed: int) -> str:
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    return "".join(",".join(f"{draw.gauss(0, 1):.5f}" for _ in range(WIDTH)) + "\n" for _ in range(count))


def _train(base: Path) -> None:
    """Train as a job does, in a folder that stands for /opt/ml."""
    for folder in ("input/config", "input/data/train", "model"):
        (base / folder).mkdir(parents=True)
    channels = {"train": {"ContentType": "text/csv;label_size=0"}}
    (base / "input/config/hyperparameters.json").write_text(json.dumps(HYPERPARAMETERS))
    (base / "input/config/inputdataconfig.json").write_text(json.dumps(channels))
    (base / "input/data/train/train.csv").write_text(_points(TRAINED_ON, seed=1))
    command = [str(IMAGE_PYTHON), "-m", f"{MODULES}.train"]
    subprocess.run(command, env=_environment(base), check=True, stdout=subprocess.DEVNULL)


def _environment(base: Path) -> dict[str, str]:
    return {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": str(ROOT)}


@contextmanager
def _scoring(model: Path, batch: Path) -> Iterator[Callable[[], float]]:
    command = [str(IMAGE_PYTHON), str(BARE_KRCF), str(model), str(batch)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asked, answers = process.stdin, process.stdout
        if asked is None or answers is None:
            raise RuntimeError("bare krcf has no pipes")

        def score() -> float:
            asked.write("score\n")
            asked.flush()
            return float(answers.readline())

        yield score
        asked.close()


@contextmanager
def _serving(base: Path, batch: bytes) -> Iterator[Callable[[], float]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**_environment(base), "SAGEMAKER_BIND_TO_PORT": str(port)}
    command = [str(IMAGE_PYTHON), "-m", f"{MODULES}.serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            connection = _connected(port)

            def ask() -> float:
                began = time.perf_counter()
                headers = {"Content-Type": "text/csv", "Accept": "application/jsonlines"}
                connection.request("POST", "/invocations", batch, headers)
                answer = connection.getresponse()
                if answer.status != http.HTTPStatus.OK or answer.read().count(b"\n") != ROWS:
                    raise RuntimeError(f"the server answered {answer.status}")
                return time.perf_counter() - began

            yield ask
        finally:
            process.terminate()


def _connected(port: int) -> http.client.HTTPConnection:
    """A connection to the server, once it listens."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.connect()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return connection


if __name__ == "__main__":
    main()
