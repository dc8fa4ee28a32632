from __future__ import annotations

import json
from collections.abc import Callable
from math import log1p
from pathlib import Path
from statistics import median

import pytest

from taxi_anomalies import sample
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]

WEEK = 336


@pytest.fixture
def lines(raw: Path) -> list[str]:
    return (raw / "nyc_taxi.csv").read_text("ascii").splitlines()


@pytest.fixture
def prepare(run: Run, tmp_path: Path) -> Run:
    """Write the raw files and run the script from `<tmp>/raw` to `<tmp>/output`."""

    def write_and_run(series: bytes | list[str], *options: str, windows: str = "[]") -> Done:
        content = series if isinstance(series, bytes) else ("\n".join(series) + "\n").encode()
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "raw" / "nyc_taxi.csv").write_bytes(content)
        (tmp_path / "raw" / "combined_windows.json").write_text(windows, encoding="utf-8")
        return run("prepare.py", "--raw", tmp_path / "raw", "--output", tmp_path / "output", *options)

    return write_and_run


def assert_refused(result: Done, tmp_path: Path, message: str) -> None:
    assert (result.returncode, result.stderr) == (1, f"{message}\n")
    assert not (tmp_path / "output").exists()


def test_each_point_after_eight_weeks_has_a_record(run: Run, raw: Path, tmp_path: Path) -> None:
    # When
    result = run("prepare.py", "--raw", raw, "--output", tmp_path)

    # Then train and test hold the same records, the time of the last residual first in test
    assert (result.returncode, result.stderr) == (0, "")
    train = (tmp_path / "train" / "train.csv").read_text("ascii").splitlines()
    test = (tmp_path / "test" / "test.csv").read_text("ascii").splitlines()
    assert len(train) == (16 - 8) * WEEK - 1
    assert [line.split(",", 1)[1] for line in test] == train
    assert test[0].startswith("2014-08-26T00:30:00,")
    # And the residual is what the documentation says
    values, _ = sample.generate(16, seed=1)
    usual = median(values[8 * WEEK + 1 - week * WEEK] for week in range(1, 9))
    assert float(train[0].split(",")[-1]) == pytest.approx(
        log1p(values[8 * WEEK + 1]) - log1p(usual), abs=1e-6
    )
    # And neighbours overlap
    assert train[1].split(",")[0] == train[0].split(",")[1]


def test_encoder_tells_how_records_are_made(run: Run, raw: Path, tmp_path: Path) -> None:
    run("prepare.py", "--raw", raw, "--output", tmp_path, "--shingle", "3")

    encoder = json.loads((tmp_path / "encoder" / "encoder.json").read_text("ascii"))
    assert encoder["columns"] == ["timestamp", "residual_2_before", "residual_1_before", "residual"]
    assert encoder["shingling"] == {"residual": "log_median_residual", "weeks": 8, "shingle": 3}
    assert len(encoder["windows"]) == 5
    assert len(encoder["series"]["values"]) == 16 * WEEK


@pytest.mark.parametrize(
    ("residual", "first", "expected"),
    [("none", 0, lambda values: values[0]), ("seasonal_difference", WEEK, lambda v: v[WEEK] - v[0])],
)
def test_other_residuals(
    prepare: Run, lines: list[str], tmp_path: Path, residual: str, first: int, expected: Callable[..., float]
) -> None:
    result = prepare(lines, "--residual", residual, "--shingle", "1")

    assert result.returncode == 0
    records = (tmp_path / "output" / "train" / "train.csv").read_text("ascii").splitlines()
    assert len(records) == 16 * WEEK - first
    assert float(records[0]) == expected(sample.generate(16, seed=1)[0])


def test_same_input_gives_the_same_bytes(run: Run, raw: Path, tmp_path: Path) -> None:
    contents = []
    for turn in ("first", "second"):
        run("prepare.py", "--raw", raw, "--output", tmp_path / turn)
        files = sorted(path for path in (tmp_path / turn).rglob("*") if path.is_file())
        contents.append([path.read_bytes() for path in files])

    assert len(contents[0]) == 3
    assert contents[0] == contents[1]


def test_windows_may_be_a_plain_list(prepare: Run, lines: list[str], tmp_path: Path) -> None:
    result = prepare(lines, windows='[["2014-09-10 00:00:00", "2014-09-11 00:00:00.000000"]]')

    assert result.returncode == 0
    encoder = json.loads((tmp_path / "output" / "encoder" / "encoder.json").read_text("ascii"))
    assert encoder["windows"] == [["2014-09-10T00:00:00", "2014-09-11T00:00:00"]]


@pytest.mark.parametrize(
    ("place", "line", "said"),
    [
        (0, "time,value", "line 1: the header is 'time,value', it must be timestamp,value"),
        (3, "2014-07-01 01:00:00", "1 fault: line 4: 1 columns, there must be 2 columns (timestamp,value)"),
        (3, "", "line 4: blank, there must be 2 columns (timestamp,value)"),
        (3, "2014-07-01 01:00:00,", "line 4, column value: '' is not a number from 0 to 1e+12"),
        (3, "2014-07-01 01:00:00,NaN", "line 4, column value: 'NaN' is not a number from 0 to 1e+12"),
        (3, "2014-07-01 01:00:00,-1", "line 4, column value: '-1' is not a number from 0 to 1e+12"),
        (3, "2014-07-01 01:00:00,2e12", "line 4, column value: '2e12' is not a number from 0 to 1e+12"),
        (3, "2014-07-32 01:00:00,5", "line 4, column timestamp: '2014-07-32 01:00:00' is not a time like"),
        (3, "2014-07-01 00:30:00,5", "line 4, column timestamp: 2014-07-01 00:30:00 is there twice"),
        (3, "2014-07-01 02:00:00,5", "follows 2014-07-01 00:30:00: 2 half-hours are missing"),
        (3, "2014-07-01 01:10:00,5", "each time must be 30 minutes after the one before"),
        (3, "2014-06-01 01:00:00,5", "each time must be 30 minutes after the one before"),
    ],
)
def test_faults_name_line_and_column(
    prepare: Run, lines: list[str], tmp_path: Path, place: int, line: str, said: str
) -> None:
    # When
    result = prepare([*lines[:place], line, *lines[place + 1 :]])

    # Then
    assert result.returncode == 1
    assert said in result.stderr
    assert result.stderr.startswith("nyc_taxi.csv")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "output").exists()


def test_a_removed_line_is_a_gap(prepare: Run, lines: list[str], tmp_path: Path) -> None:
    assert_refused(
        prepare([*lines[:3], *lines[5:]]),
        tmp_path,
        "nyc_taxi.csv has 1 fault: line 4, column timestamp: 2014-07-01 02:00:00 follows "
        "2014-07-01 00:30:00: 2 half-hours are missing, each must be there",
    )


def test_a_short_series_is_refused(prepare: Run, lines: list[str], tmp_path: Path) -> None:
    assert_refused(
        prepare(lines[:2]),
        tmp_path,
        "nyc_taxi.csv has 1 data row, 2789 are the least allowed with residual log_median_residual, 8 weeks "
        "and shingle 2",
    )


def test_a_series_that_never_changes_is_refused(prepare: Run, lines: list[str], tmp_path: Path) -> None:
    assert_refused(
        prepare([lines[0], *(f"{line.partition(',')[0]},5" for line in lines[1:])]),
        tmp_path,
        "nyc_taxi.csv, column value: every row holds 5, a column must hold at least two different values",
    )


def test_byte_order_mark_and_windows_line_ends_are_read(
    prepare: Run, lines: list[str], tmp_path: Path
) -> None:
    # Given the file as it was, and as a spreadsheet saves it
    files = []
    for content in (lines, b"\xef\xbb\xbf" + "\r\n".join(lines).encode()):
        assert prepare(content).returncode == 0
        files.append((tmp_path / "output" / "test" / "test.csv").read_bytes())

    # Then both give the same
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "nyc_taxi.csv, line 1: the file is empty, it must be timestamp,value"),
        (b"timestamp,value\n", "nyc_taxi.csv has a header and no data rows"),
        (
            b"timestamp,value\n2014-07-01 00:00:00,5\xe9\n",
            "nyc_taxi.csv, line 2, byte 22: 0xE9 is not UTF-8, it must be UTF-8 text",
        ),
    ],
    ids=["empty", "header", "latin-1"],
)
def test_files_that_are_no_series(prepare: Run, tmp_path: Path, content: bytes, message: str) -> None:
    assert_refused(prepare(content), tmp_path, message)


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ("{", "combined_windows.json is not JSON in UTF-8: "),
        ("{}", "combined_windows.json has no windows of realKnownCause/nyc_taxi.csv"),
        ("5", "combined_windows.json: 5 is not a list of windows [start, end]"),
        ('[["2014-09-10"]]', "window 1: ['2014-09-10'] is not [start, end]"),
        ('[["2014-09-10", 5]]', "window 1: ['2014-09-10', 5] is not [start, end]"),
        ('[["2014-09-11", "2014-09-10"]]', "window 1: ['2014-09-11', '2014-09-10'] is not [start, end]"),
        ('[["2014-07-02", "2014-07-03"]]', "window 1: no point from 2014-07-02 00:00:00 to 2014-07-03"),
    ],
)
def test_faults_of_the_windows(prepare: Run, lines: list[str], windows: str, said: str) -> None:
    result = prepare(lines, windows=windows)

    assert result.returncode == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_missing_files_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.csv").touch()

    result = run("prepare.py", "--raw", tmp_path, "--output", tmp_path / "output")

    assert_refused(result, tmp_path, f"nyc_taxi.csv is missing: {tmp_path} holds other.csv")


@pytest.mark.parametrize("option", ["--shingle=0", "--weeks=-1", "--shingle=two", "--residual=square"])
def test_parameters_are_checked(prepare: Run, lines: list[str], option: str) -> None:
    assert prepare(lines, option).returncode == 2
