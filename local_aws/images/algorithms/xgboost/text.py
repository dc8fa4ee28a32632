"""Rows of numbers from text: CSV, where an empty field is a missing value, and libsvm."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

Matrix = npt.NDArray[np.float32]

_NEWLINE, _COMMA = 10, 44


class MalformedRowError(ValueError):
    """A line is not the row it should be; the text names the line and the fault."""


@dataclass(frozen=True)
class SparseRows:
    """Rows of a libsvm text; a label is 0 where a line has none."""

    labels: Matrix
    features: csr_matrix


def parse_csv(body: bytes) -> Matrix:
    """The rows of a CSV text without a header, each of as many numbers as the first.

    Raises:
        MalformedRowError: names the first line that is no such row.
    """
    text = body.replace(b"\r\n", b"\n").strip(b"\n")
    if not text.strip():
        return np.empty((0, 0), np.float32)
    rows = _parse_regular(text)
    return rows if rows is not None else _parse_line_by_line(text)


def parse_libsvm(body: bytes) -> SparseRows:
    """The rows of a libsvm text: `<label> <column>:<value> …`, columns from 0; the label may lack.

    Raises:
        MalformedRowError: names the first line that is no such row.
    """
    labels: list[float] = []
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for number, line in enumerate(body.decode("utf-8", "replace").splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        try:
            label, pairs = _labelled(fields)
            columns += [int(column) for column, _ in pairs]
            values += [float(value) for _, value in pairs]
        except ValueError:
            raise MalformedRowError(
                f"line {number} is not '<label> <column>:<value> …': {_shown(line)}"
            ) from None
        if len(columns) > ends[-1] and min(columns[ends[-1] :]) < 0:
            raise MalformedRowError(f"line {number} has a column below 0: {_shown(line)}")
        labels.append(label)
        ends.append(len(columns))
    matrix = csr_matrix(
        (np.array(values, np.float32), np.array(columns, np.int64), np.array(ends)),
        shape=(len(labels), max(columns, default=-1) + 1),
    )
    return SparseRows(np.array(labels, np.float32), matrix)


def _labelled(fields: Sequence[str]) -> tuple[float, list[tuple[str, str]]]:
    """A line's label and pairs; a line of a request may lack the label."""
    label = 0.0 if ":" in fields[0] else float(fields[0])
    pairs = []
    for field in fields if ":" in fields[0] else fields[1:]:
        column, value = field.split(":")
        pairs.append((column, value))
    return label, pairs


def _parse_regular(text: bytes) -> Matrix | None:
    """The rows if all are as wide as the first; None if a closer look is needed."""
    codes = np.frombuffer(text, np.uint8)
    line_ends = np.append(np.flatnonzero(codes == _NEWLINE), len(codes) - 1)
    commas = np.diff(np.cumsum(codes == _COMMA)[line_ends], prepend=0)
    if np.any(commas != commas[0]):
        return None
    try:
        frame = pd.read_csv(
            io.BytesIO(text),
            header=None,
            dtype=np.float32,
            na_values=[""],
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except ValueError:
        return None
    values: Matrix = frame.to_numpy()
    return None if np.isinf(values).any() else values


def _parse_line_by_line(text: bytes) -> Matrix:
    rows: list[list[float]] = []
    for number, line in enumerate(text.decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        fields = line.split(",")
        if rows and len(fields) != len(rows[0]):
            raise MalformedRowError(
                f"line {number} has {len(fields)} values, but the first has {len(rows[0])}: {_shown(line)}"
            )
        rows.append([_number(value.strip(), number, line) for value in fields])
    return np.array(rows, np.float32)


def _number(text: str, number: int, line: str) -> float:
    try:
        value = float(text or "nan")
    except ValueError:
        header = " (a header is not allowed)" if number == 1 else ""
        raise MalformedRowError(f"line {number}: '{text}' is not a number{header}: {_shown(line)}") from None
    if np.isinf(value):
        raise MalformedRowError(f"line {number}: '{text}' is not a finite number: {_shown(line)}")
    return value


def _shown(line: str) -> str:
    text = line.strip()
    return f"'{text[:80]}…'" if len(text) > 80 else f"'{text}'"
