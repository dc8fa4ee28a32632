from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bank_marketing import inference
from bank_marketing import sample as bank_sample
from library.bank_fields import COLUMNS, ECONOMY, encoder_of
from tests.unit.training_scripts import scripts
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]

FILE_NAME = "bank-additional-full.csv"
HEADER = ";".join(column.name for column in COLUMNS)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of a good raw file."""
    path = bank_sample.write(tmp_path_factory.mktemp("sample"), 1_000, 5)
    return path.read_text("ascii").splitlines()


@pytest.fixture
def prepare(raw: list[str], tmp_path: Path) -> Run:
    """Write the raw file and run the script as a job does."""

    def write_and_run(*options: str, lines: list[str] = raw, encoding: str = "utf-8") -> Done:
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "raw" / FILE_NAME).write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        folders = ("--raw", tmp_path / "raw", "--output", tmp_path / "output")
        return scripts.run("bank_marketing/prepare.py", *folders, *options)

    return write_and_run


def rows(tmp_path: Path, name: str) -> list[str]:
    return (tmp_path / "output" / name / f"{name}.csv").read_text("ascii").splitlines()


def encoder(tmp_path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((tmp_path / "output" / "encoder" / "encoder.json").read_text())
    return document


def calls(lines: list[str]) -> list[dict[str, object]]:
    records = csv.DictReader(lines, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
    return [dict(record) for record in records]


def refusal(result: Done, tmp_path: Path) -> str:
    assert (result.returncode, result.stdout) == (1, "")
    assert not (tmp_path / "output").exists()
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


def test_split_is_the_tutorials_and_rows_are_what_a_prediction_encodes(
    prepare: Run, tmp_path: Path, raw: list[str]
) -> None:
    # When
    result = prepare()

    # Then the calls, shuffled by seed 1729, are cut at 70 %
    assert (result.stdout, result.stderr) == ("700 calls to train on, 300 to test with\n", "")
    given = calls(raw)
    shuffled = [given[place] for place in np.random.RandomState(1729).permutation(1_000)]
    prepared = [*rows(tmp_path, "train"), *rows(tmp_path, "test")]
    assert [row[0] for row in prepared] == [str(int(call["y"] == "yes")) for call in shuffled]
    encoded = inference.encode(shuffled, {"encoder": encoder(tmp_path)})
    assert [row[2:] for row in prepared] == encoded.splitlines()


def test_duration_and_economy_are_dropped(prepare: Run, tmp_path: Path) -> None:
    prepare()

    columns = encoder(tmp_path)["columns"]
    assert columns[0] == "subscribed"
    assert columns[-2:] == ["no_previous_contact", "not_working"]
    assert not {"duration", *(column.name for column in ECONOMY)} & set(columns)
    assert {row.count(",") + 1 for row in rows(tmp_path, "test")} == {len(columns)}


def test_economy_can_be_kept_but_duration_cannot(prepare: Run, tmp_path: Path) -> None:
    prepare("--keep-economic-columns", "true")

    columns = encoder(tmp_path)["columns"]
    assert {column.name for column in ECONOMY} <= set(columns)
    assert "duration" not in columns
    assert {row.count(",") + 1 for row in rows(tmp_path, "test")} == {len(columns)}


def test_indicators_follow_the_tutorial(raw: list[str]) -> None:
    # Given
    of = encoder_of(keep_economic_columns=False)

    # When
    encoded = [dict(zip(of.columns[1:], of.row(call).split(","), strict=True)) for call in calls(raw)]

    # Then
    jobs = ("student", "retired", "unemployed")
    for call, row in zip(calls(raw), encoded, strict=True):
        assert row["no_previous_contact"] == str(int(call["pdays"] == 999))
        assert row["not_working"] == str(int(call["job"] in jobs))
    assert (
        {row["not_working"] for row in encoded}
        == {row["no_previous_contact"] for row in encoded}
        == {"0", "1"}
    )


def test_split_depends_on_the_seed_alone(prepare: Run, tmp_path: Path) -> None:
    sets = []
    for seed in ("1", "1", "2"):
        prepare("--seed", seed)
        files = ("train/train.csv", "test/test.csv", "encoder/encoder.json")
        sets.append([(tmp_path / "output" / name).read_bytes() for name in files])

    assert sets[0] == sets[1]
    assert sets[0][1] != sets[2][1]


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("age", '"?"', "'?' is not a whole number from 0 to 120"),
        ("age", "", "'' is not a whole number from 0 to 120"),
        ("loan", '"maybe"', "'maybe' is not one of no, yes, unknown"),
        ("euribor3m", "NaN", "'NaN' is not a number from -100 to 100"),
        ("y", '"unknown"', "'unknown' is not one of no, yes"),
    ],
)
def test_bad_value_is_named(
    prepare: Run, tmp_path: Path, raw: list[str], column: str, value: str, fault: str
) -> None:
    # Given a fault in the fourth line
    cells = raw[3].split(";")
    cells[HEADER.split(";").index(column)] = value

    result = prepare(lines=[*raw[:3], ";".join(cells), *raw[4:]])

    assert refusal(result, tmp_path) == f"{FILE_NAME} has 1 fault: line 4, column {column}: {fault}"


def test_missing_column_is_named(prepare: Run, tmp_path: Path, raw: list[str]) -> None:
    result = prepare(lines=[line.partition(";")[2] for line in raw])

    assert refusal(result, tmp_path) == (
        f"{FILE_NAME}, line 1: column age is missing; the header must be {HEADER}"
    )


def test_commas_for_semicolons_are_named(prepare: Run, tmp_path: Path, raw: list[str]) -> None:
    result = prepare(lines=[line.replace(";", ",") for line in raw])

    assert refusal(result, tmp_path).startswith(f"{FILE_NAME}, line 1: column age is missing, column job is")


def test_empty_class_is_named(prepare: Run, tmp_path: Path, raw: list[str]) -> None:
    result = prepare(lines=[line for line in raw if not line.endswith('"yes"')])

    assert refusal(result, tmp_path) == (
        f"{FILE_NAME} has 1 fault: column y: yes is on 0 rows, each of no, yes must be on 10 or more"
    )


def test_constant_column_is_named_unless_it_is_dropped(prepare: Run, tmp_path: Path, raw: list[str]) -> None:
    # Given calls of one kind, in one state of the economy
    alike = [raw[0], *(line for line in raw if '"cellular"' in line and ";1.3;" in line)]
    rates = ";".join(alike[1].split(";")[15:20])

    # When
    dropped = refusal(prepare(lines=alike), tmp_path)
    kept = refusal(prepare("--keep-economic-columns", "true", lines=alike), tmp_path)

    # Then
    cellular = "column contact: every row holds cellular, a column must hold at least two different values"
    assert dropped == f"{FILE_NAME} has 1 fault: {cellular}"
    assert kept.startswith(f"{FILE_NAME} has 6 faults, the first 5 are: {cellular}; ")
    assert f"column emp.var.rate: every row holds {rates.split(';')[0]}, " in kept


def test_file_of_one_row_is_refused(prepare: Run, tmp_path: Path, raw: list[str]) -> None:
    result = prepare(lines=raw[:2])

    assert refusal(result, tmp_path).startswith(
        f"{FILE_NAME} has 3 faults: 1 data row, 100 are the least allowed; column y: "
    )


def test_other_encoding_is_refused(prepare: Run, tmp_path: Path) -> None:
    result = prepare(encoding="utf-16")

    assert refusal(result, tmp_path) == (
        f"{FILE_NAME}, line 1, byte 1: 0xFF is not UTF-8, it must be UTF-8 text"
    )


def test_byte_order_mark_is_read(prepare: Run, tmp_path: Path) -> None:
    files = []
    for encoding in ("utf-8", "utf-8-sig"):
        assert prepare(encoding=encoding).returncode == 0
        files.append(rows(tmp_path, "train"))

    assert files[0] == files[1]


def test_prediction_says_whether_a_client_subscribes(raw: list[str]) -> None:
    # Given
    call = calls(raw)[0]

    # Then
    assert inference.decode("0.6\n", call, {}) == {"subscribed": 0.6, "prediction": "yes"}
    assert inference.decode("0.4\n", [call], {}) == [{"subscribed": 0.4, "prediction": "no"}]
