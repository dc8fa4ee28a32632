from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]


def test_files_have_the_benchmarks_format(run: Run, tmp_path: Path) -> None:
    # When
    result = run("sample.py", "--output", tmp_path / "new", "--weeks", "16")

    # Then
    lines = (tmp_path / "new" / "nyc_taxi.csv").read_text("ascii").splitlines()
    assert (result.returncode, result.stderr) == (0, "")
    assert lines[0] == "timestamp,value"
    assert lines[1].startswith("2014-07-01 00:00:00,")
    assert len(lines) == 1 + 16 * 336
    windows = json.loads((tmp_path / "new" / "combined_windows.json").read_text("ascii"))
    assert list(windows) == ["realKnownCause/nyc_taxi.csv"]
    times = [time for window in windows["realKnownCause/nyc_taxi.csv"] for time in window]
    assert times == sorted(times)
    assert len(times) == 10


def test_same_seed_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for folder, seed in (("first", "7"), ("second", "7"), ("other", "8")):
        run("sample.py", "--output", tmp_path / folder, "--seed", seed)
    first, second, other = (
        b"".join(path.read_bytes() for path in sorted((tmp_path / folder).iterdir()))
        for folder in ("first", "second", "other")
    )

    assert first == second
    assert first != other


@pytest.mark.parametrize("weeks", ["15", "-1", "many", "²"])
def test_number_of_weeks_is_checked(run: Run, tmp_path: Path, weeks: str) -> None:
    result = run("sample.py", "--output", tmp_path, f"--weeks={weeks}")

    assert result.returncode == 2
    assert f"{weeks!r} is not a whole number of at least 16" in result.stderr
