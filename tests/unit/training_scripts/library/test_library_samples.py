from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bank_marketing import sample as bank_sample
from library import adult_sample
from library.adult import LAYOUT
from library.adult_fields import FEATURES, INCOME
from library.bank_fields import COLUMNS
from library.fields import Category, Field
from library.table import Layout, Table, read
from tests.unit.training_scripts import scripts


def share(table: Table, label: str) -> float:
    return float(sum(table.columns[label])) / len(table)


def used(table: Table, field: Field) -> int:
    return len(set(table.columns[field.name]))


def test_people_have_the_sources_format(tmp_path: Path) -> None:
    # When
    adult_sample.write(tmp_path, (3, 2), 1)

    # Then
    data = (tmp_path / "adult.data").read_text("ascii")
    test = (tmp_path / "adult.test").read_text("ascii")
    assert data.endswith("\n\n")
    assert all(line.endswith((", <=50K", ", >50K")) for line in data.splitlines()[:3])
    assert test.startswith("|1x3 Cross validator\n")
    assert all(line.endswith((", <=50K.", ", >50K.")) for line in test.splitlines()[1:3])
    assert {len(line.split(", ")) for line in data.splitlines()[:3]} == {15}


def test_people_are_of_all_kinds(tmp_path: Path) -> None:
    adult_sample.write(tmp_path, (adult_sample.DATA_ROWS, adult_sample.TEST_ROWS), adult_sample.DEFAULT_SEED)

    people = read(tmp_path, "adult.data", (*FEATURES, INCOME), LAYOUT)
    assert len(people) == 4_000
    assert 0.15 < share(people, "income") < 0.3
    for field in FEATURES:
        least = len(field.values) * 0.8 if isinstance(field, Category) else 5
        assert used(people, field) >= least, field.name


def test_calls_have_the_sources_format(tmp_path: Path) -> None:
    path = bank_sample.write(tmp_path, 2, 1)

    lines = path.read_bytes().split(b"\r\n")
    assert lines[0].startswith(b'"age";"job";"marital";')
    assert next(csv.reader([lines[0].decode()], delimiter=";")) == [column.name for column in COLUMNS]
    assert len(lines) == 4
    assert lines[1].endswith((b';"no"', b';"yes"'))


def test_calls_are_of_all_kinds(tmp_path: Path) -> None:
    path = bank_sample.write(tmp_path, bank_sample.DEFAULT_ROWS, bank_sample.DEFAULT_SEED)

    calls = read(tmp_path, path.name, COLUMNS, Layout(delimiter=";"))
    assert len(calls) == 6_000
    assert 0.05 < share(calls, "y") < 0.15
    for column in COLUMNS:
        least = len(column.values) * 0.8 if isinstance(column, Category) else 5
        assert used(calls, column) >= least, column.name


@pytest.mark.parametrize("workload", ["census_income", "census_income_tuned", "bank_marketing"])
def test_seed_decides_the_bytes(tmp_path: Path, workload: str) -> None:
    # When a workload's sample is made twice and once with another seed
    made = []
    for number, seed in enumerate(("7", "7", "8")):
        folder = tmp_path / str(number)
        result = scripts.run(f"{workload}/sample.py", "--output", folder, "--seed", seed)
        assert (result.returncode, result.stderr) == (0, "")
        made.append([path.read_bytes() for path in sorted(folder.iterdir())])
        assert result.stdout.split() == [str(path) for path in sorted(folder.iterdir())]

    # Then
    assert made[0] == made[1]
    assert made[0] != made[2]
