from __future__ import annotations

from pathlib import Path

import pytest

from library import table
from library.faults import InvalidDataError
from library.fields import Category, Number
from library.table import Layout

FIELDS = (
    Number("age", 0, 120),
    Category("colour", ("blue", "red"), missing="?"),
    Number("rate", -1, 1, whole=False, missing="?"),
)
HEADER = "age;colour;rate"
LAYOUT = Layout(delimiter=";")


def read(folder: Path, content: str | bytes, layout: Layout = LAYOUT) -> table.Table:
    (folder / "people.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return table.read(folder, "people.csv", FIELDS, layout)


def refusal(folder: Path, content: str | bytes, layout: Layout = LAYOUT) -> str:
    with pytest.raises(InvalidDataError) as refused:
        read(folder, content, layout)
    return str(refused.value)


def test_values_are_read_by_column(tmp_path: Path) -> None:
    people = read(tmp_path, f'{HEADER}\n39;red;0.5\n40;"blue";-1e-1\n41;?;?\n')

    assert len(people) == 3
    assert list(people.columns["age"]) == [39, 40, 41]
    assert list(people.columns["colour"]) == [1, 0, 2]
    assert [str(rate) for rate in people.columns["rate"]] == ["0.5", "-0.1", "nan"]


def test_blank_lines_and_comments_hold_no_record_and_are_counted(tmp_path: Path) -> None:
    # Given a file without header, as C4.5 writes it
    layout = Layout(header=False, comment="|", space_after_delimiter=True)

    # When
    people = read(tmp_path, "|a comment\n39, red, 0\n\n40, blue, 1\n \n", layout)
    fault = refusal(tmp_path, "|a comment\n39, red, 0\n\n40, green, 1\n", layout)

    # Then
    assert list(people.columns["age"]) == [39, 40]
    expected = "line 4, column colour: 'green' is not one of blue, red or ? where it is missing"
    assert fault == f"people.csv has 1 fault: {expected}"


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    people = read(tmp_path, b"\xef\xbb\xbf" + f"{HEADER}\r\n39;red;0\r\n".encode())

    assert list(people.columns["colour"]) == [1]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("121;red;0", "column age: '121' is not a whole number from 0 to 120"),
        ("-1;red;0", "column age: '-1' is not a whole number from 0 to 120"),
        ("39.5;red;0", "column age: '39.5' is not a whole number from 0 to 120"),
        ("NaN;red;0", "column age: 'NaN' is not a whole number from 0 to 120"),
        ("1_0;red;0", "column age: '1_0' is not a whole number from 0 to 120"),
        ("\u0665;red;0", "column age: '\u0665' is not a whole number from 0 to 120"),
        (";red;0", "column age: '' is not a whole number from 0 to 120"),
        ("39;Red;0", "column colour: 'Red' is not one of blue, red or ? where it is missing"),
        ("39;;0", "column colour: '' is not one of blue, red or ? where it is missing"),
        ("39; red;0", "column colour: ' red' is not one of blue, red or ? where it is missing"),
        ("39;red;inf", "column rate: 'inf' is not a number from -1 to 1 or ? where it is missing"),
        ("39;red;nan", "column rate: 'nan' is not a number from -1 to 1 or ? where it is missing"),
        ("39;red;1e999", "column rate: '1e999' is not a number from -1 to 1 or ? where it is missing"),
    ],
)
def test_bad_value_is_named_with_line_and_column(tmp_path: Path, line: str, fault: str) -> None:
    assert refusal(tmp_path, f"{HEADER}\n39;red;0\n{line}\n") == f"people.csv has 1 fault: line 3, {fault}"


@pytest.mark.parametrize(("line", "found"), [("39;red", 2), ("39;red;0;1", 4), ("39,red,0", 1)])
def test_wrong_number_of_columns_is_named_with_the_line(tmp_path: Path, line: str, found: int) -> None:
    fault = refusal(tmp_path, f"{HEADER}\n{line}\n39;red;0\n")

    assert fault == (f"people.csv has 1 fault: line 2: {found} columns, there must be 3 (age, colour, rate)")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("age;rate", "column colour is missing"),
        ("age;Colour;rate", "column colour is missing, column 'Colour' is unknown"),
        ("age;colour;rate;x", "column 'x' is unknown"),
        ("colour;age;rate", "the columns are in another order, or one is there twice"),
    ],
)
def test_wrong_header_is_named(tmp_path: Path, header: str, found: str) -> None:
    fault = refusal(tmp_path, f"{header}\n39;red;0\n")

    assert fault == f"people.csv, line 1: {found}; the header must be age;colour;rate"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (f"{HEADER}\n39;r\u00e9d;0\n".encode("latin-1"), "line 2, byte 5: 0xE9"),
        (f"{HEADER}\n39;red;0\n".encode("utf-16"), "line 1, byte 1: 0xFF"),
        (b"\x1f\x8b\x08\x00zipped\n", "line 1, byte 2: 0x8B"),
    ],
)
def test_other_encoding_is_named_with_the_byte(tmp_path: Path, content: bytes, fault: str) -> None:
    assert refusal(tmp_path, content) == f"people.csv, {fault} is not UTF-8, it must be UTF-8 text"


def test_quote_that_never_closes_is_refused(tmp_path: Path) -> None:
    fault = refusal(tmp_path, f'{HEADER}\n39;"red;0\n' + "40;red;0\n" * 20_000)

    assert fault.startswith("people.csv, line ")
    assert "field larger than field limit" in fault


def test_faults_of_several_batches_are_counted(tmp_path: Path) -> None:
    # Given a fault in each of three batches
    good = ["39;red;0"] * table.ROWS_READ_AT_ONCE
    lines = [HEADER, "x;red;0", *good, "39;x;0", *good, "39"]

    # Then
    assert refusal(tmp_path, "\n".join(lines)) == (
        "people.csv has 3 faults: "
        "line 2, column age: 'x' is not a whole number from 0 to 120; "
        "line 20003, column colour: 'x' is not one of blue, red or ? where it is missing; "
        "line 40004: 1 columns, there must be 3 (age, colour, rate)"
    )


def test_first_five_faults_are_shown_and_long_values_cut(tmp_path: Path) -> None:
    fault = refusal(tmp_path, f"{HEADER}\n" + f"{'9' * 1000};red;0\n" * 7)

    assert fault.startswith(
        f"people.csv has 7 faults, the first 5 are: line 2, column age: '{'9' * 80}...' is"
    )
    assert "line 6" in fault
    assert "line 7" not in fault


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "people.csv is empty; its first line must be age;colour;rate"),
        (f"{HEADER}\n", "people.csv holds no records"),
    ],
)
def test_file_without_records_is_refused(tmp_path: Path, content: str, fault: str) -> None:
    assert refusal(tmp_path, content) == fault


def test_missing_file_is_named_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "People.csv").touch()

    with pytest.raises(InvalidDataError, match=r"people\.csv is missing: .* holds People\.csv"):
        table.read(tmp_path, "people.csv", FIELDS, LAYOUT)
