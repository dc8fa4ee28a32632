"""Check the raw quiz answers and split them into what the k-NN algorithm trains and is tested on.

Reads `answers.csv` from the raw data folder. Writes `train/train.csv` and `test/test.csv` into the output
folder: the label first, no header, as SageMaker's built-in algorithms read CSV
(https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html); and `encoder/encoder.json`, which names
the columns. A fault in the data ends the job with
exit code 1 and one line on standard error that says where the fault is and what is allowed there.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE_NAME = "answers.csv"
QUESTIONS = ("age", "occupation", "relaxing_activity", "colour", "extreme_sport")
LABEL = "mysfit"
COLUMNS = (*QUESTIONS, LABEL)
HEADER = ",".join(COLUMNS)
ANSWERS = range(1, 9)
MINIMUM_ROWS = 100
MINIMUM_ROWS_OF_A_LABEL = 2  # one to train on, one to test with
FAULTS_SHOWN = 5
VALUE_LENGTH_SHOWN = 80
ROWS_WRITTEN_AT_ONCE = 100_000

Records = npt.NDArray[np.uint8]
"""One row a record, one column for each of COLUMNS."""


class InvalidDataError(Exception):
    """The raw data can't be trained on; the text says why, in one line."""


class Faults:
    """Counts the faults of a file and keeps the text of the first few."""

    def __init__(self) -> None:
        self.count = 0
        self._shown: list[str] = []

    def add(self, text: str) -> None:
        """Count a fault; `text` says where it is, what was found and what is allowed."""
        self.count += 1
        if len(self._shown) < FAULTS_SHOWN:
            self._shown.append(text)

    def raise_if_any(self) -> None:
        """Raise InvalidDataError with the faults seen so far, if there were any."""
        if self.count == 0:
            return
        counted = "1 fault" if self.count == 1 else f"{self.count} faults"
        shown = f", the first {FAULTS_SHOWN} are" if self.count > FAULTS_SHOWN else ""
        raise InvalidDataError(f"{FILE_NAME} has {counted}{shown}: {'; '.join(self._shown)}")


def read(folder: Path, labels: range) -> Records:
    """Return the records of the raw file in `folder`, or raise InvalidDataError naming its faults."""
    path = folder / FILE_NAME
    if not path.is_file():
        found = ", ".join(sorted(entry.name for entry in folder.glob("*"))) or "nothing"
        raise InvalidDataError(f"{FILE_NAME} is missing: {folder} holds {found}")
    lines = _lines(path)
    _check_header(next(lines, None))
    records = _parse(lines, labels)
    _check_counts(records, labels)
    return records


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line, without its line ending."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield number, _decode(number, line.rstrip(b"\r\n"))


def _decode(number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise InvalidDataError(
            f"{FILE_NAME}, line {number}, byte {error.start + 1}: 0x{line[error.start]:02X} is not UTF-8, "
            "the file must be UTF-8 text"
        ) from error


def _check_header(first: tuple[int, str] | None) -> None:
    if first is None:
        raise InvalidDataError(f"{FILE_NAME} is empty; its first line must be {HEADER}")
    _, line = first
    if line != HEADER:
        raise InvalidDataError(f"{FILE_NAME}, line 1: the header is {_shown(line)}, it must be {HEADER}")


def _parse(lines: Iterator[tuple[int, str]], labels: range) -> Records:
    """Return the records of the data lines, a byte a value, or raise InvalidDataError."""
    faults = Faults()
    values = bytearray()
    allowed = [{str(answer): answer for answer in ANSWERS}] * len(QUESTIONS)
    allowed.append({str(label): label for label in labels})
    for number, line in lines:
        fields = line.split(",")
        record = [choices[field] for choices, field in zip(allowed, fields) if field in choices]
        if len(record) == len(fields) == len(COLUMNS):
            values.extend(record)
        else:
            _add_line_faults(faults, number, fields, allowed)
    faults.raise_if_any()
    return np.frombuffer(values, dtype=np.uint8).reshape(-1, len(COLUMNS))


def _add_line_faults(faults: Faults, number: int, fields: list[str], allowed: list[dict[str, int]]) -> None:
    if len(fields) != len(COLUMNS):
        found = "blank" if fields == [""] else f"{len(fields)} columns"
        faults.add(f"line {number}: {found}, there must be {len(COLUMNS)} columns ({HEADER})")
        return
    for column, field, choices in zip(COLUMNS, fields, allowed):
        if field not in choices:
            faults.add(
                f"line {number}, column {column}: {_shown(field)} is not a whole number from "
                f"{min(choices.values())} to {max(choices.values())}"
            )


def _shown(text: str) -> str:
    return repr(text if len(text) <= VALUE_LENGTH_SHOWN else text[:VALUE_LENGTH_SHOWN] + "...")


def _check_counts(records: Records, labels: range) -> None:
    if len(records) == 0:
        raise InvalidDataError(
            f"{FILE_NAME} has a header and no data rows; {MINIMUM_ROWS} are the least allowed"
        )
    faults = Faults()
    if len(records) < MINIMUM_ROWS:
        faults.add(f"{len(records)} data rows, {MINIMUM_ROWS} are the least allowed")
    counts = np.bincount(records[:, -1], minlength=len(labels))
    for label in labels:
        if counts[label] < MINIMUM_ROWS_OF_A_LABEL:
            faults.add(
                f"column {LABEL}: label {label} is on {counts[label]} rows, every label from {labels[0]} to "
                f"{labels[-1]} must be on {MINIMUM_ROWS_OF_A_LABEL} or more"
            )
    faults.raise_if_any()


def split(records: Records, test_fraction: float, seed: int) -> tuple[Records, Records]:
    """Return the training and the test records, both in the order of `records`.

    The test set gets `test_fraction` of each label's records, rounded, but at least one, and leaves at
    least one to train on. Which ones is drawn from `seed`, by the generator whose stream NumPy has frozen
    (NEP 19), so that every version of NumPy makes the same split.
    """
    draw = np.random.RandomState(seed)
    in_test = np.zeros(len(records), dtype=np.bool_)
    for label in np.unique(records[:, -1]):
        rows = np.flatnonzero(records[:, -1] == label)
        count = min(max(round(len(rows) * test_fraction), 1), len(rows) - 1)
        in_test[draw.permutation(rows)[:count]] = True
    return records[~in_test], records[in_test]


def write(path: Path, records: Records) -> None:
    """Write `records` as CSV, the label first, without a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    label_first = np.roll(records, 1, axis=1)
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for start in range(0, len(label_first), ROWS_WRITTEN_AT_ONCE):
            writer.writerows(label_first[start : start + ROWS_WRITTEN_AT_ONCE].tolist())


def write_encoder(path: Path) -> None:
    """Write the names of the columns of a prepared file, the label's first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"columns": [LABEL, *QUESTIONS]}, indent=2) + "\n", encoding="utf-8")


def _labels() -> range:
    catalogue = json.loads(Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
    return range(len(catalogue))


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = argparse.ArgumentParser(description="Check the quiz answers and split them into train and test.")
    parser.add_argument("--raw", type=Path, required=True, metavar="FOLDER", help=f"holds {FILE_NAME}")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--test-fraction", type=_fraction, default=0.1, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=42, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        records = read(arguments.raw, _labels())
    except InvalidDataError as error:
        print(error, file=sys.stderr)
        return 1
    train, test = split(records, arguments.test_fraction, arguments.seed)
    write(arguments.output / "train" / "train.csv", train)
    write(arguments.output / "test" / "test.csv", test)
    write_encoder(arguments.output / "encoder" / "encoder.json")
    print(f"{len(train)} records to train on, {len(test)} to test with")
    return 0


if __name__ == "__main__":
    sys.exit(main())
