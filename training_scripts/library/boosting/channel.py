"""The rows of a channel: CSV files without a header, the label (0 or 1) first, numbers only.

An empty cell, or `nan`, is a missing value, as for XGBoost.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from library.faults import InvalidDataError, shown
from library.raw_files import decoded

Floats = npt.NDArray[np.float32]

LARGEST = float(np.finfo(np.float32).max)


class Rows(NamedTuple):
    """Labels and features of the same rows, in the order of the files' names and lines."""

    labels: Floats
    features: Floats


def read(folder: Path) -> Rows:
    """Return the rows of all files in `folder`, or raise InvalidDataError at the first fault."""
    files = sorted(path for path in folder.glob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        raise InvalidDataError(f"{folder} holds no file; CSV files, the label first, are needed there")
    parts = [_read_file(path) for path in files]
    for path, part in zip(files, parts):
        if part.shape[1] != parts[0].shape[1]:
            raise InvalidDataError(
                f"{path.name}, line 1: {part.shape[1]} columns, there must be {parts[0].shape[1]} "
                f"as in {files[0].name}"
            )
    values = np.concatenate(parts)
    return Rows(values[:, 0].copy(), np.ascontiguousarray(values[:, 1:]))


def _read_file(path: Path) -> Floats:
    values = _read_numbers(path)
    if values is not None and values.shape[1] > 1 and _allowed(values):
        return values
    with path.open("rb") as file:  # slower: takes empty cells, and finds the place of a fault
        return parse(path.name, file, labelled=True)


def _read_numbers(path: Path) -> Floats | None:
    """Return the values of a file that has a number in each cell; None for any other."""
    with path.open("rb") as file:
        if not file.readline().strip():
            return None
    try:
        return np.loadtxt(path, dtype=np.float32, delimiter=",", ndmin=2, comments=None, encoding="utf-8")
    except ValueError:
        return None


def _allowed(values: Floats) -> bool:
    return bool(np.isin(values[:, 0], (0, 1)).all()) and not np.isinf(values).any()


def parse(name: str, lines: Iterable[bytes], *, labelled: bool) -> Floats:
    """Return the values of CSV lines, or raise InvalidDataError naming `name`, line and column."""
    values = array("f")
    width = 0
    for number, line in enumerate(lines, start=1):
        fields = decoded(name, number, line).rstrip("\r\n").split(",")
        width = width or (max(len(fields), 2) if labelled else len(fields))
        if len(fields) != width:
            count = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
            least = " or more: a label and features" if labelled and number == 1 else ""
            raise InvalidDataError(f"{name}, line {number}: {count}, there must be {width}{least}")
        for column, field in enumerate(fields, start=1):
            value = _number(field)
            if labelled and column == 1 and value not in (0, 1):
                _refuse(name, number, column, field, "a label, which is 0 or 1")
            if math.isinf(value):
                _refuse(name, number, column, field, "a finite number, or empty where it is missing")
            values.append(value)
    if not values:
        raise InvalidDataError(f"{name} is empty, there must be at least one line of numbers")
    return np.frombuffer(values, dtype=np.float32).reshape(-1, width)


def _number(field: str) -> float:
    """Return a cell's number: not a number where it is missing, infinite where it is none or too large."""
    if not field:
        return math.nan
    try:
        value = float(field)
    except ValueError:
        return math.inf
    return math.inf if abs(value) > LARGEST else value


def _refuse(name: str, line: int, column: int, field: str, allowed: str) -> None:
    raise InvalidDataError(f"{name}, line {line}, column {column}: {shown(field)} is not {allowed}")
