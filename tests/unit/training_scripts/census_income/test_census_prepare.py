from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from census_income import inference
from library import adult_sample
from tests.unit.training_scripts import scripts
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]

NAMES = ("train", "validation", "test")
WORKCLASSES = (
    "Federal-gov, Local-gov, Never-worked, Private, Self-emp-inc, Self-emp-not-inc, State-gov, Without-pay"
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The lines of good raw files, without the blank ones."""
    folder = tmp_path_factory.mktemp("sample")
    adult_sample.write(folder, (1_000, 500), 5)
    return {
        name: [line for line in (folder / name).read_text("ascii").splitlines() if line]
        for name in ("adult.data", "adult.test")
    }


@pytest.fixture
def prepare(sample: dict[str, list[str]], tmp_path: Path) -> Run:
    """Write the raw files, with those given in place of the good ones, and run the script as a job does."""

    def write_and_run(*options: str, workload: str = "census_income", **changed: list[str] | bytes) -> Done:
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        for name, lines in sample.items():
            content = changed.get(name.replace(".", "_"), lines)
            (raw / name).write_bytes(
                content if isinstance(content, bytes) else ("\n".join(content) + "\n").encode()
            )
        folders = ("--raw", raw, "--output", tmp_path / "output")
        return scripts.run(f"{workload}/prepare.py", *folders, *options)

    return write_and_run


def rows(output: Path, name: str) -> list[str]:
    return (output / name / f"{name}.csv").read_text("ascii").splitlines()


def encoder(output: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((output / "encoder" / "encoder.json").read_text())
    return document


def assert_refused(result: Done, tmp_path: Path, message: str) -> None:
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{message}\n"
    assert not (tmp_path / "output").exists()


def test_everybody_is_in_one_set_and_each_set_has_its_share_of_each_label(
    prepare: Run, tmp_path: Path, sample: dict[str, list[str]]
) -> None:
    # When
    result = prepare()

    # Then
    sets = {name: rows(tmp_path / "output", name) for name in NAMES}
    rich = sum(">50K" in line for lines in sample.values() for line in lines)
    assert result.stderr == ""
    assert result.stdout == "1050 people to train on, 300 to validate with, 150 to test with\n"
    assert [len(sets[name]) for name in NAMES] == [1050, 300, 150]
    positives = [sum(row.startswith("1,") for row in sets[name]) for name in NAMES]
    assert positives == [rich - round(rich * 0.2) - round(rich * 0.1), round(rich * 0.2), round(rich * 0.1)]


def test_rows_have_the_columns_that_the_encoder_names(prepare: Run, tmp_path: Path) -> None:
    prepare()

    columns = encoder(tmp_path / "output")["columns"]
    assert columns[0] == "income_over_50k"
    assert {"sex_Female", "race_Black", "workclass_missing", "age"} <= set(columns)
    assert {len(row.split(",")) for row in rows(tmp_path / "output", "test")} == {len(columns)}


def test_official_test_set_is_adult_test(prepare: Run, tmp_path: Path, sample: dict[str, list[str]]) -> None:
    # When
    result = prepare("--split", "official")

    # Then, in its order, with a label of 1 for more than $50K
    assert result.stdout == "778 people to train on, 222 to validate with, 500 to test with\n"
    given = [str(int(line.endswith(">50K."))) for line in sample["adult.test"][1:]]
    assert [row.split(",")[0] for row in rows(tmp_path / "output", "test")] == given


def test_encoding_a_person_gives_the_row_that_was_prepared(
    prepare: Run, tmp_path: Path, sample: dict[str, list[str]]
) -> None:
    # Given the official test set, which keeps its order
    prepare("--split", "official")
    document = encoder(tmp_path / "output")
    fields = [field["name"] for field in document["fields"]]

    # When each person's raw fields are encoded as for a prediction
    people = [
        {
            name: int(text) if text.isdigit() else text
            for name, text in zip([*fields, "income"], cells, strict=True)
        }
        for cells in csv.reader(sample["adult.test"][1:], skipinitialspace=True)
    ]
    encoded = inference.encode(people, {"encoder": document})

    # Then
    prepared = [row.partition(",")[2] for row in rows(tmp_path / "output", "test")]
    assert encoded.splitlines() == prepared
    assert inference.encode(people[0], document) == prepared[0]


@pytest.mark.parametrize("workload", ["census_income", "census_income_tuned"])
def test_split_depends_on_the_seed_alone(prepare: Run, tmp_path: Path, workload: str) -> None:
    sets = []
    for seed in ("1", "1", "2"):
        prepare("--seed", seed, workload=workload)
        files = [path for path in (tmp_path / "output").rglob("*") if path.is_file()]
        sets.append({str(path.relative_to(tmp_path)): path.read_bytes() for path in files})

    assert sets[0] == sets[1]
    assert sets[0]["output/test/test.csv"] != sets[2]["output/test/test.csv"]


def test_tuned_workload_gets_the_same_people_in_four_files(prepare: Run, tmp_path: Path) -> None:
    # When
    result = prepare(workload="census_income_tuned")

    # Then
    parts = sorted((tmp_path / "output" / "train").iterdir())
    assert result.stdout == "1350 people to train on in 4 files, 150 to test with\n"
    assert [part.name for part in parts] == [f"part-{number}.csv" for number in range(4)]
    assert [len(part.read_text().splitlines()) for part in parts] == [338, 338, 337, 337]
    assert len(rows(tmp_path / "output", "test")) == 150
    assert encoder(tmp_path / "output")["columns"][0] == "income_over_50k"


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        (0, "thirty", "age: 'thirty' is not a whole number from 0 to 120"),
        (0, "NaN", "age: 'NaN' is not a whole number from 0 to 120"),
        (0, "?", "age: '?' is not a whole number from 0 to 120"),
        (1, "Public", f"workclass: 'Public' is not one of {WORKCLASSES} or ? where it is missing"),
        (9, "?", "sex: '?' is not one of Female, Male"),
        (14, ">50K.", "income: '>50K.' is not one of <=50K, >50K"),
        (14, "", "income: '' is not one of <=50K, >50K"),
    ],
)
def test_bad_value_is_named(
    prepare: Run, tmp_path: Path, sample: dict[str, list[str]], column: int, value: str, fault: str
) -> None:
    # Given a fault in the third line
    lines = sample["adult.data"].copy()
    cells = lines[2].split(", ")
    lines[2] = ", ".join([*cells[:column], value, *cells[column + 1 :]])

    # Then
    message = f"adult.data has 1 fault: line 3, column {fault}"
    assert_refused(prepare(adult_data=lines), tmp_path, message)


def test_lines_of_adult_test_are_counted_with_its_comment(prepare: Run, sample: dict[str, list[str]]) -> None:
    lines = sample["adult.test"].copy()
    lines[1] = lines[1].rstrip(".")

    result = prepare(adult_test=lines)

    assert result.stderr.startswith("adult.test has 1 fault: line 2, column income: ")
    assert result.stderr.endswith("is not one of <=50K., >50K.\n")


def test_missing_column_is_named_with_the_line(prepare: Run, sample: dict[str, list[str]]) -> None:
    lines = sample["adult.data"].copy()
    lines[4] = lines[4].rpartition(",")[0]

    result = prepare(adult_data=lines)

    assert result.returncode == 1
    assert result.stderr.startswith("adult.data has 1 fault: line 5: 14 columns, there must be 15 (age, ")


def test_empty_class_is_named(prepare: Run, tmp_path: Path, sample: dict[str, list[str]]) -> None:
    poor = [line for line in sample["adult.data"] if line.endswith("<=50K")]

    message = "column income: >50K is on 0 rows, each of <=50K, >50K must be on 10 or more"
    assert_refused(prepare(adult_data=poor), tmp_path, f"adult.data has 1 fault: {message}")


def test_constant_column_is_named(prepare: Run, tmp_path: Path, sample: dict[str, list[str]]) -> None:
    men = [line for line in sample["adult.data"] if ", Male, " in line]
    same_age = [f"30,{line.partition(',')[2]}" for line in men]

    assert_refused(
        prepare(adult_data=same_age),
        tmp_path,
        "adult.data has 2 faults: "
        "column age: every row holds 30, a column must hold at least two different values; "
        "column sex: every row holds Male, a column must hold at least two different values",
    )


def test_file_of_one_row_is_refused(prepare: Run, tmp_path: Path, sample: dict[str, list[str]]) -> None:
    poor = next(line for line in sample["adult.data"] if line.endswith("<=50K"))

    assert_refused(
        prepare(adult_data=[poor]),
        tmp_path,
        "adult.data has 3 faults: 1 data row, 100 are the least allowed; "
        "column income: <=50K is on 1 rows, each of <=50K, >50K must be on 10 or more; "
        "column income: >50K is on 0 rows, each of <=50K, >50K must be on 10 or more",
    )


def test_other_encoding_is_refused(prepare: Run, tmp_path: Path, sample: dict[str, list[str]]) -> None:
    content = "\n".join(sample["adult.data"]).encode("utf-16")

    message = "adult.data, line 1, byte 1: 0xFF is not UTF-8, it must be UTF-8 text"
    assert_refused(prepare(adult_data=content), tmp_path, message)


def test_byte_order_mark_is_read(prepare: Run, tmp_path: Path, sample: dict[str, list[str]]) -> None:
    files = []
    for encoding in ("utf-8", "utf-8-sig"):
        content = "\n".join(sample["adult.data"]).encode(encoding)
        assert prepare(adult_data=content).returncode == 0
        files.append(rows(tmp_path / "output", "train"))

    assert files[0] == files[1]


@pytest.mark.parametrize("workload", ["census_income", "census_income_tuned"])
def test_both_workloads_refuse_the_same_faults(
    prepare: Run, tmp_path: Path, sample: dict[str, list[str]], workload: str
) -> None:
    result = prepare(adult_data=["x" + sample["adult.data"][0], *sample["adult.data"][1:]], workload=workload)

    assert result.returncode == 1
    assert result.stderr.startswith("adult.data has 1 fault: line 1, column age: 'x")
    assert not (tmp_path / "output").exists()


def test_empty_file_is_refused(prepare: Run, tmp_path: Path) -> None:
    assert_refused(prepare(adult_test=b""), tmp_path, "adult.test holds no records")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--split", "random"], "invalid choice: 'random'"),
        (["--test-fraction", "1"], "'1' is not a number between 0 and 1"),
        (["--test-fraction", "0.9"], "leave nobody to train on"),
        (["--seed=4294967296"], "'4294967296' is not a whole number from 0 to 4294967295"),
    ],
)
def test_bad_parameter_is_refused(prepare: Run, options: list[str], fault: str) -> None:
    result = prepare(*options)

    assert result.returncode == 2
    assert fault in result.stderr
