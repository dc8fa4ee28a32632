"""Seconds and memory of preparing Adult's rows, against pandas doing about the same without any checks.

Both are processes of the scikit-learn image's environment, as a processing job has it. The rows are
generated, as many as the real files hold. `--rows 10000000` prepares that many instead, without pandas.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.assembly import ROOT
from benchmarks.measurement import headline, interleaved, result, verdict

ROUNDS = 3
ADULT_ROWS = (32_561, 16_281)
GENERATED_ROWS = 200_000
"""More rows are these again and again."""
LARGEST_SECONDS = 3.0
LARGEST_GIB = 4.0

SCRIPTS = ROOT / "training_scripts"
IMAGE_PYTHON = ROOT / ".venvs" / "images" / "sagemaker-scikit-learn" / "1.9-0-cpu-py3" / "bin" / "python"
BARE_PANDAS = Path(__file__).with_name("bare_pandas.py")
GENERATE = (
    "import sys, pathlib; from library import adult_sample; "
    "adult_sample.write(pathlib.Path(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3])), 1)"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, metavar="COUNT", help="prepare this many rows, once")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        if rows:
            _measure_memory(Path(folder), rows)
        else:
            _measure_seconds(Path(folder))


def report() -> None:
    """Measure the real files' size, and print."""
    with tempfile.TemporaryDirectory() as folder:
        _measure_seconds(Path(folder))


def _measure_seconds(base: Path) -> None:
    headline(f"Preparing Adult, {sum(ADULT_ROWS):,} rows, against pandas without checks")
    raw, output = base / "raw", base / "output"
    output.mkdir()
    _generate(raw, *ADULT_ROWS)
    bare = [str(BARE_PANDAS), str(raw), str(output)]
    taken = interleaved({"pandas": _timed(bare), "prepare.py": _timed(_prepare(raw, output))}, rounds=ROUNDS)
    for name, samples in taken.items():
        result(name, f"{samples.median:.2f} s")
    seconds = taken["prepare.py"].median
    result("ratio", f"{seconds / taken['pandas'].median:.2f}x")
    verdict("seconds", f"{seconds:.2f} s", f"<= {LARGEST_SECONDS} s", met=seconds <= LARGEST_SECONDS)


def _measure_memory(base: Path, rows: int) -> None:
    headline(f"Preparing {rows:,} rows of Adult's shape")
    raw = base / "raw"
    _generate(raw, min(rows, GENERATED_ROWS), 1_000)
    generated = (raw / "adult.data").read_text(encoding="ascii").strip().splitlines(keepends=True)
    with (raw / "adult.data").open("w", encoding="ascii") as file:
        for start in range(0, rows, GENERATED_ROWS):
            file.writelines(f"{line.rstrip()}\n" for line in generated[: rows - start])
    began = time.perf_counter()
    process = subprocess.Popen(_command(_prepare(raw, base / "output")), env=_environment())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"prepare.py ended with exit code {process.returncode}")
    seconds = time.perf_counter() - began
    # https://man7.org/linux/man-pages/man2/getrusage.2.html: kilobytes; bytes on macOS
    gib = usage.ru_maxrss / (1024**3 if sys.platform == "darwin" else 1024**2)
    result("prepare.py", f"{seconds:.0f} s, {rows / seconds:,.0f} rows/s")
    verdict("peak memory", f"{gib:.2f} GiB", f"<= {LARGEST_GIB:g} GiB", met=gib <= LARGEST_GIB)


def _generate(raw: Path, *rows: int) -> None:
    command = [sys.executable, "-c", GENERATE, str(raw), *map(str, rows)]
    subprocess.run(command, env=_environment(), check=True)


def _prepare(raw: Path, output: Path) -> list[str]:
    return [str(SCRIPTS / "census_income" / "prepare.py"), "--raw", str(raw), "--output", str(output)]


def _timed(arguments: list[str]) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        subprocess.run(_command(arguments), env=_environment(), check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    return run


def _command(arguments: list[str]) -> list[str]:
    return [str(IMAGE_PYTHON), *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SCRIPTS)}


if __name__ == "__main__":
    main()
