"""Raw data of the workload: as its own generator makes it, and spoilt in the ways that happen."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.local.platform.deployed import WORKLOAD
from tests.local.running import ROOT

HEADER = b"age,occupation,relaxing_activity,colour,extreme_sport,mysfit\n"


@cache
def sample(rows: int = 2000, seed: int = 1) -> bytes:
    """Answers from which k-NN learns."""
    script = ROOT / "training_scripts" / WORKLOAD / "sample.py"
    with TemporaryDirectory() as folder:
        options = ["--rows", str(rows), "--seed", str(seed), "--output", folder]
        subprocess.run([sys.executable, str(script), *options], check=True, capture_output=True)
        return (Path(folder) / "answers.csv").read_bytes()


def random_labels(rows: int = 600) -> bytes:
    """Answers that say nothing about the mysfit."""
    draw = random.Random(3)  # noqa: S311 - test data
    lines = [
        ",".join([*(str(draw.randint(1, 8)) for _ in range(5)), str(draw.randrange(12))]) for _ in range(rows)
    ]
    return HEADER + ("\n".join(lines) + "\n").encode()


def with_line(number: int, line: bytes, content: bytes) -> bytes:
    """The file with another text on the line of this number, counted from 1."""
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[: number - 1], line + b"\n", *lines[number:]])
