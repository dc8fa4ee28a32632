"""Reads a delimited text file into columns, and says where a fault is and what is allowed there.

A file is read in batches of lines, and a value takes two bytes (a category) or eight (a number), so that ten
million rows of fifteen columns fit in a gigabyte. Uses the standard library only.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from library import raw_files
from library.faults import Faults, InvalidDataError, shown
from library.fields import Category, Field

ROWS_READ_AT_ONCE = 20_000
NUMBERS_REMEMBERED = 100_000


@dataclass(frozen=True)
class Layout:
    """How a file is written."""

    delimiter: str = ","
    header: bool = True
    """Whether the first line names the columns."""
    comment: str | None = None
    """Lines that start with this hold no record."""
    space_after_delimiter: bool = False


class Table:
    """Records by column, each value as `library.fields` keeps it."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)
        self.columns: dict[str, array[Any]] = {
            field.name: array("H" if isinstance(field, Category) else "d") for field in self.fields
        }

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def extend(self, other: Table) -> None:
        """Append another table's records."""
        for name, column in self.columns.items():
            column.extend(other.columns[name])


def read(folder: Path, file_name: str, fields: Sequence[Field], layout: Layout) -> Table:
    """Return the records of a file in `folder`, or raise InvalidDataError naming its faults.

    `fields` are the file's columns, in its order. Blank lines hold no record.
    """
    lines = _Lines(raw_files.existing(folder, file_name), layout.comment)
    # Not strict: that would refuse text after a closing quote with a message that names no column.
    rows = csv.reader(lines, delimiter=layout.delimiter, skipinitialspace=layout.space_after_delimiter)
    table, faults = Table(fields), Faults(file_name)
    try:
        if layout.header:
            _check_header(next(rows, None), lines.number, fields, layout.delimiter, file_name)
        _read_rows(rows, lines, table, faults)
    except csv.Error as error:
        raise InvalidDataError(f"{file_name}, line {lines.number}: {error}") from error
    faults.raise_if_any()
    if len(table) == 0:
        raise InvalidDataError(f"{file_name} holds no records")
    return table


class _Lines:
    """The lines of a UTF-8 file that hold text; `number` is that of the last one given."""

    def __init__(self, path: Path, comment: str | None) -> None:
        self.number = 0
        self._path = path
        self._comment = comment

    def __iter__(self) -> Iterator[str]:
        for number, line in raw_files.lines(self._path):
            self.number = number
            if not line.isspace() and not (self._comment and line.startswith(self._comment)):
                yield line


def _check_header(
    header: list[str] | None, number: int, fields: Sequence[Field], delimiter: str, file_name: str
) -> None:
    names = [field.name for field in fields]
    required = delimiter.join(names)
    if header is None:
        raise InvalidDataError(f"{file_name} is empty; its first line must be {required}")
    if header == names:
        return
    found = [f"column {name} is missing" for name in names if name not in header]
    found += [f"column {shown(name)} is unknown" for name in header if name not in names]
    found = found or ["the columns are in another order, or one is there twice"]
    raise InvalidDataError(f"{file_name}, line {number}: {', '.join(found)}; the header must be {required}")


def _read_rows(rows: Iterator[list[str]], lines: _Lines, table: Table, faults: Faults) -> None:
    known = [_Known(field) for field in table.fields]
    while True:
        batch, numbers = [], []
        for row in islice(rows, ROWS_READ_AT_ONCE):
            batch.append(row)
            numbers.append(lines.number)
        if not batch:
            return
        if set(map(len, batch)) != {len(known)}:
            _add_faults(faults, zip(numbers, batch), known)
            continue
        try:
            values = [list(map(of.__getitem__, cells)) for of, cells in zip(known, zip(*batch))]
        except ValueError:
            _add_faults(faults, zip(numbers, batch), known)
            continue
        for column, parsed in zip(table.columns.values(), values):
            column.extend(parsed)


class _Known(dict[str, float]):
    """What the texts of a column stand for; a text is parsed when it is first asked for."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def __missing__(self, text: str) -> float:
        value = self.field.parse(text)
        if len(self) < NUMBERS_REMEMBERED:
            self[text] = value
        return value

    def fault(self, text: str) -> str:
        """Return what is wrong with a text, or nothing."""
        try:
            self[text]
        except ValueError as error:
            return str(error)
        return ""


def _add_faults(faults: Faults, rows: Iterator[tuple[int, list[str]]], known: Sequence[_Known]) -> None:
    for number, row in rows:
        if len(row) != len(known):
            names = ", ".join(of.field.name for of in known)
            faults.add(f"line {number}: {len(row)} columns, there must be {len(known)} ({names})")
            continue
        for of, text in zip(known, row):
            fault = of.fault(text)
            if fault:
                faults.add(f"line {number}, column {of.field.name}: {fault}")
