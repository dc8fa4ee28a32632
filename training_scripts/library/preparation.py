"""What processing jobs do with a table: check that it can be learned from, and write its records as rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from library.encoding import Encoder
from library.faults import Faults, InvalidDataError
from library.fields import Category, Field, Number, number_text
from library.splitting import Rows
from library.table import Table

MINIMUM_ROWS = 100
MINIMUM_ROWS_OF_A_LABEL = 10  # enough for each part of a split, and for each fold of a cross-validation
ROWS_WRITTEN_AT_ONCE = 50_000


def check(table: Table, file_name: str, label: Field, encoder: Encoder) -> None:
    """Raise InvalidDataError if there are too few records to learn from, or a column that tells nothing.

    `label` is the column to predict: a category whose every value must be there, or a number.
    """
    faults = Faults(file_name)
    if len(table) < MINIMUM_ROWS:
        rows = "1 data row" if len(table) == 1 else f"{len(table)} data rows"
        faults.add(f"{rows}, {MINIMUM_ROWS} are the least allowed")
    if isinstance(label, Category):
        _check_counts(table, label, faults)
        _check_differences(table, encoder.fields, faults)
    else:
        _check_differences(table, (label, *encoder.fields), faults)
    faults.raise_if_any()


def _check_counts(table: Table, label: Category, faults: Faults) -> None:
    counts = np.bincount(table.columns[label.name], minlength=len(label.values))
    for value, count in zip(label.values, counts):
        if count < MINIMUM_ROWS_OF_A_LABEL:
            faults.add(
                f"column {label.name}: {value} is on {count} rows, each of {', '.join(label.values)} must be "
                f"on {MINIMUM_ROWS_OF_A_LABEL} or more"
            )


def _check_differences(table: Table, fields: Sequence[Field], faults: Faults) -> None:
    for field in fields:
        values = np.asarray(table.columns[field.name])
        if len(table) > 1 and np.array_equal(values, np.full_like(values, values[0]), equal_nan=True):
            faults.add(
                f"column {field.name}: every row holds {_in_words(field, values[0])}, a column must hold at "
                "least two different values"
            )


def _in_words(field: Field, value: float) -> str:
    if isinstance(field, Category):
        return (*field.values, field.missing)[int(value)] or ""
    return str(field.missing) if value != value else f"{value:.12g}"  # noqa: PLR0124 - not a number


def write(
    path: Path, table: Table, rows: Rows, label: Field, encoder: Encoder, *, positive: str | None = None
) -> None:
    """Write some of a table's records as CSV without a header, the label first.

    With a `positive` the label is 1 where it is that and 0 elsewhere, else it is written as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [(label.name, _label_writer(label, positive)), *encoder.parts]
    columns = [(np.asarray(table.columns[name]), text) for name, text in parts]
    with path.open("w", encoding="ascii", newline="") as file:
        for start in range(0, len(rows), ROWS_WRITTEN_AT_ONCE):
            chosen = rows[start : start + ROWS_WRITTEN_AT_ONCE]
            cells = [map(text, values[chosen].tolist()) for values, text in columns]
            file.writelines(f"{line}\n" for line in map(",".join, zip(*cells)))


def _label_writer(label: Field, positive: str | None) -> Callable[[Any], str]:
    if isinstance(label, Number):
        return number_text
    return [value if positive is None else str(int(value == positive)) for value in label.values].__getitem__


def run(prepare: Callable[[], str]) -> int:
    """Run a preparation as a job does: print what it says, or what is wrong; return the exit code."""
    try:
        print(prepare())
    except InvalidDataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
