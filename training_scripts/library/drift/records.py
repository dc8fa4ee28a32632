"""The records to compare: those that an endpoint captured, and the model's test set."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from library.drift.distance import Values
from library.result_files import TEST_FILE_NAME, InvalidResultsError, lines

MOST_BASELINE_RECORDS = 100_000
"""More would not make a distance more exact than a hundredth."""


@dataclass(frozen=True)
class Captured:
    """The records of all requests, shape (records, features), and how many could not be read."""

    values: Values
    unreadable: int


def read_baseline(folder: Path, features: int) -> Values:
    """Return the test set's records without their first column, the label or key: (records, features).

    Of a large set every n-th record is taken.

    Raises:
        InvalidResultsError: there is no test set, or a record is no row of so many numbers.
    """
    path = folder / TEST_FILE_NAME
    step = 1 + sum(1 for _ in lines(path)) // MOST_BASELINE_RECORDS
    rows = []
    for place, (number, line) in enumerate(lines(path)):
        if place % step == 0:
            row = _row(line.partition(",")[2], features)
            if row is None:
                raise InvalidResultsError(f"{path.name}, line {number} is no row of {features} numbers")
            rows.append(row)
    if not rows:
        raise InvalidResultsError(f"{path.name} has no records")
    return np.array(rows)


def read_captured(folder: Path, features: int) -> Captured:
    """Return the records of what an endpoint captured as CSV, one a line of each request.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
    """
    rows = [
        _row(line, features)
        for path in sorted(folder.rglob("*.jsonl"))
        for _, event in lines(path)
        for line in _request_lines(event)
    ]
    read = [row for row in rows if row is not None]
    values = np.array(read) if read else np.empty((0, features))
    return Captured(values, unreadable=len(rows) - len(read))


def _request_lines(event: str) -> Iterator[str]:
    """The lines of a captured request; one that isn't text is a line that can't be read."""
    try:
        request: dict[str, Any] = json.loads(event)["captureData"]["endpointInput"]
        data = request["data"]
        if request["encoding"] == "BASE64":
            data = base64.b64decode(data, validate=True).decode("utf-8")
    except (ValueError, KeyError, TypeError, binascii.Error):
        data = "?"
    yield from (line for line in str(data).splitlines() if line.strip())


def _row(line: str, features: int) -> list[float] | None:
    """The numbers of a line of CSV, an empty cell as nan."""
    cells = line.strip().split(",")
    if len(cells) != features:
        return None
    try:
        return [float(cell) if cell else float("nan") for cell in cells]
    except ValueError:
        return None
