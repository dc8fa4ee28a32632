from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mysfit_recommender import sample
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]

HEADER = "age,occupation,relaxing_activity,colour,extreme_sport,mysfit"
COLUMNS = f"there must be 6 ({HEADER.replace(',', ', ')})"
LABELS = ", ".join(map(str, range(12)))
ROWS = 1_000


@pytest.fixture(scope="module")
def raw() -> list[str]:
    """The lines of a good raw file."""
    return [HEADER, *(",".join(map(str, record)) for record in sample.generate(ROWS, seed=5))]


@pytest.fixture
def prepare(run: Run, tmp_path: Path) -> Callable[..., Done]:
    """Write the raw file and run the script from `<tmp>/raw` to `<tmp>/output`."""

    def write_and_run(content: bytes | list[str], *options: str) -> Done:
        if isinstance(content, list):
            content = ("\n".join(content) + "\n").encode()
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "raw" / "answers.csv").write_bytes(content)
        return run("prepare.py", "--raw", tmp_path / "raw", "--output", tmp_path / "output", *options)

    return write_and_run


def records(path: Path) -> list[list[int]]:
    return [[int(value) for value in line.split(",")] for line in path.read_text("ascii").splitlines()]


def assert_refused(result: Done, tmp_path: Path, message: str) -> None:
    assert result.returncode == 1
    assert result.stderr == f"{message}\n"
    assert not (tmp_path / "output").exists()


def test_every_record_goes_to_train_or_test_with_its_label_first(
    prepare: Run, raw: list[str], tmp_path: Path
) -> None:
    # When
    result = prepare(raw)

    # Then the two files hold the raw records, each once, the label moved to the front
    train = records(tmp_path / "output" / "train" / "train.csv")
    test = records(tmp_path / "output" / "test" / "test.csv")
    given = Counter(
        (label, *answers)
        for *answers, label in ([int(value) for value in line.split(",")] for line in raw[1:])
    )
    assert Counter(map(tuple, train + test)) == given
    assert result.stderr == ""
    assert result.stdout == f"{len(train)} records to train on, {len(test)} to test with\n"


def test_split_takes_a_tenth_of_each_label(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    prepare(raw)

    given = Counter(int(line.rsplit(",", 1)[1]) for line in raw[1:])
    in_test = Counter(record[0] for record in records(tmp_path / "output" / "test" / "test.csv"))
    assert in_test == {label: round(count / 10) for label, count in given.items()}


def test_split_depends_on_the_seed_alone(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    # When
    files = []
    for seed in ("1", "1", "2"):
        prepare(raw, "--seed", seed)
        files.append(
            [(tmp_path / "output" / name).read_bytes() for name in ("train/train.csv", "test/test.csv")]
        )

    # Then
    first, second, other = files
    assert first == second
    assert first[1] != other[1]


def test_test_fraction_can_be_chosen(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    prepare(raw, "--test-fraction", "0.3")

    assert len(records(tmp_path / "output" / "test" / "test.csv")) == pytest.approx(0.3 * ROWS, abs=6)


def test_rare_label_is_in_both_files(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    # Given a label that only ten visitors chose
    rows = [line for line in raw if not line.endswith(",11")] + ["1,2,3,4,5,11"] * 10

    # When a twentieth is to be tested with
    prepare(rows, "--test-fraction", "0.05")

    # Then one of them is, and the others are trained on
    counts = [
        [record[0] for record in records(tmp_path / "output" / name)].count(11)
        for name in ("train/train.csv", "test/test.csv")
    ]
    assert counts == [9, 1]


def test_equal_records_are_kept(prepare: Run, tmp_path: Path) -> None:
    some, others = "1,2,3,4,5", "8,7,6,5,4"
    prepare([HEADER, *(f"{some if label else others},{label}" for label in range(12) for _ in range(10))])

    assert len(records(tmp_path / "output" / "train" / "train.csv")) == 12 * 9
    assert len(records(tmp_path / "output" / "test" / "test.csv")) == 12


def test_byte_order_mark_and_windows_line_ends_are_read(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    # Given the file as a spreadsheet saves it, and as it was
    result = prepare(b"\xef\xbb\xbf" + "\r\n".join(raw).encode())
    from_spreadsheet = (tmp_path / "output" / "test" / "test.csv").read_bytes()
    prepare(raw)

    # Then both give the same
    assert result.returncode == 0
    assert from_spreadsheet == (tmp_path / "output" / "test" / "test.csv").read_bytes()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("9,2,3,4,5,0", "line 4, column age: '9' is not a whole number from 1 to 8"),
        ("1,0,3,4,5,0", "line 4, column occupation: '0' is not a whole number from 1 to 8"),
        ("1,2,-3,4,5,0", "line 4, column relaxing_activity: '-3' is not a whole number from 1 to 8"),
        ("1,2,3,4.5,5,0", "line 4, column colour: '4.5' is not a whole number from 1 to 8"),
        ("1,2,3,4,,0", "line 4, column extreme_sport: '' is not a whole number from 1 to 8"),
        ("1,2,3,4,5,12", f"line 4, column mysfit: '12' is not one of {LABELS}"),
        ("1,2,3,4,5,Pauly", f"line 4, column mysfit: 'Pauly' is not one of {LABELS}"),
        ("1,2,3,4,5,NaN", f"line 4, column mysfit: 'NaN' is not one of {LABELS}"),
        ("NaN,2,3,4,5,0", "line 4, column age: 'NaN' is not a whole number from 1 to 8"),
        ("1, 2,3,4,5,0", "line 4, column occupation: ' 2' is not a whole number from 1 to 8"),
        ("1,2,3,4,\u0665,0", "line 4, column extreme_sport: '\u0665' is not a whole number from 1 to 8"),
        ("1\x00,2,3,4,5,0", "line 4, column age: '1\\x00' is not a whole number from 1 to 8"),
        ("1,2,3,4,5", f"line 4: 5 columns, {COLUMNS}"),
        ("1,2,3,4,5,6,7", f"line 4: 7 columns, {COLUMNS}"),
        ("1;2;3;4;5;6", f"line 4: 1 columns, {COLUMNS}"),
    ],
)
def test_bad_line_is_named(prepare: Run, raw: list[str], tmp_path: Path, line: str, fault: str) -> None:
    # When the third record is replaced
    result = prepare([*raw[:3], line, *raw[4:]])

    # Then the one line of the error says where and what
    assert_refused(result, tmp_path, f"answers.csv has 1 fault: {fault}")


def test_long_value_is_cut_in_the_message(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    result = prepare([*raw, "x" * 100_000 + ",1,1,1,1,1"])

    fault = f"line {ROWS + 2}, column age: '{'x' * 80}...' is not a whole number from 1 to 8"
    assert_refused(result, tmp_path, f"answers.csv has 1 fault: {fault}")


def test_all_faults_are_counted_and_the_first_five_named(
    prepare: Run, raw: list[str], tmp_path: Path
) -> None:
    # Given two faults on one line and five on others
    result = prepare([HEADER, "0,9,3,4,5,0", *raw[1:], *(["1,2,3,4,5,99"] * 5)])

    # Then
    faults = [
        "line 2, column age: '0' is not a whole number from 1 to 8",
        "line 2, column occupation: '9' is not a whole number from 1 to 8",
        *(
            f"line {number}, column mysfit: '99' is not one of {LABELS}"
            for number in range(ROWS + 3, ROWS + 6)
        ),
    ]
    assert_refused(result, tmp_path, f"answers.csv has 7 faults, the first 5 are: {'; '.join(faults)}")


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("1,2,3,4,5,6", "column age is missing, column occupation is missing, "),
        (
            "occupation,age,relaxing_activity,colour,extreme_sport,mysfit",
            "the columns are in another order, or one is there twice",
        ),
        (HEADER.replace("colour", "Colour"), "column colour is missing, column 'Colour' is unknown"),
        (HEADER.replace(",", ";"), "column age is missing, "),
        (HEADER.rpartition(",")[0], "column mysfit is missing"),
    ],
)
def test_header_must_be_exact(prepare: Run, raw: list[str], tmp_path: Path, header: str, fault: str) -> None:
    result = prepare([header, *raw[1:]])

    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"answers.csv, line 1: {fault}")
    assert result.stderr.endswith(f"; the header must be {HEADER}\n")
    assert not (tmp_path / "output").exists()


def test_empty_file_is_refused(prepare: Run, tmp_path: Path) -> None:
    assert_refused(prepare(b""), tmp_path, f"answers.csv is empty; its first line must be {HEADER}")


def test_file_without_records_is_refused(prepare: Run, tmp_path: Path) -> None:
    result = prepare([HEADER])

    assert_refused(result, tmp_path, "answers.csv holds no records")


@pytest.mark.parametrize(
    ("line", "byte", "found"),
    [(1, 1, "FF"), (3, 4, "E9")],
)
def test_file_must_be_utf8(
    prepare: Run, raw: list[str], tmp_path: Path, line: int, byte: int, found: str
) -> None:
    # Given the file in UTF-16, and with one Latin-1 letter
    text = "\n".join(raw)
    content = text.encode("utf-16-le") if line == 1 else f"{HEADER}\n{raw[1]}\n1,2é,3\n".encode("latin-1")
    if line == 1:
        content = b"\xff\xfe" + content

    # Then
    assert_refused(
        prepare(content),
        tmp_path,
        f"answers.csv, line {line}, byte {byte}: 0x{found} is not UTF-8, it must be UTF-8 text",
    )


def test_too_few_rows_are_refused(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    result = prepare(raw[:90])

    assert result.returncode == 1
    assert ": 89 data rows, 100 are the least allowed; " in result.stderr
    assert not (tmp_path / "output").exists()


def test_file_of_one_row_is_refused(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    result = prepare(raw[:2])

    assert result.returncode == 1
    assert ": 1 data row, 100 are the least allowed; column mysfit: 0 is on " in result.stderr
    assert not (tmp_path / "output").exists()


def test_a_question_that_all_answer_alike_is_named(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    result = prepare([HEADER, *(f"7,{line.partition(',')[2]}" for line in raw[1:])])

    fault = "column age: every row holds 7, a column must hold at least two different values"
    assert_refused(result, tmp_path, f"answers.csv has 1 fault: {fault}")


def test_every_label_must_occur_ten_times(prepare: Run, raw: list[str], tmp_path: Path) -> None:
    # Given no visitor who chose 3 and one who chose 11
    rows = [line for line in raw if not line.endswith((",3", ",11"))] + ["1,2,3,4,5,11"]

    # Then
    assert_refused(
        prepare(rows),
        tmp_path,
        "answers.csv has 2 faults: "
        f"column mysfit: 3 is on 0 rows, each of {LABELS} must be on 10 or more; "
        f"column mysfit: 11 is on 1 rows, each of {LABELS} must be on 10 or more",
    )


def test_missing_file_is_named_with_what_is_there(run: Run, tmp_path: Path) -> None:
    # Given
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "Answers.csv").touch()

    # Then
    result = run("prepare.py", "--raw", raw, "--output", tmp_path / "output")
    assert_refused(result, tmp_path, f"answers.csv is missing: {raw} holds Answers.csv")


def test_missing_folder_is_named(run: Run, tmp_path: Path) -> None:
    result = run("prepare.py", "--raw", tmp_path / "none", "--output", tmp_path / "output")

    assert_refused(result, tmp_path, f"answers.csv is missing: {tmp_path / 'none'} holds nothing")


@pytest.mark.parametrize("fraction", ["0", "1", "-0.1", "nan", "tenth"])
def test_test_fraction_must_be_between_0_and_1(prepare: Run, raw: list[str], fraction: str) -> None:
    result = prepare(raw, f"--test-fraction={fraction}")

    assert result.returncode == 2
    assert f"{fraction!r} is not a number between 0 and 1" in result.stderr
