"""What a batch transform leaves of a test set: `test.csv`, the label or key first, and `test.csv.out`.

An answer belongs to the record on the same line; blank lines, as joining batches can leave them, don't count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

TEST_FILE_NAME = "test.csv"
PREDICTIONS_FILE_NAME = "test.csv.out"
TEXT_LENGTH_SHOWN = 80


class InvalidResultsError(Exception):
    """The test set and the predictions can't be compared; the text says why, in one line."""


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that isn't blank."""
    if not path.is_file():
        raise InvalidResultsError(f"{path.name} is missing in {path.parent}")
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.strip()


def numbers(path: Path, smallest: float = -inf, largest: float = inf) -> list[float]:
    """Return the number on each line, all of them finite and between the two bounds."""
    return [_number(path, number, line, smallest, largest) for number, line in lines(path)]


def first_numbers(path: Path) -> list[float]:
    """Return the number in the first column of each line."""
    return [_number(path, number, line.split(",", 1)[0], -inf, inf) for number, line in lines(path)]


def _number(path: Path, number: int, text: str, smallest: float, largest: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not (isfinite(value) and smallest <= value <= largest):
        bounds = "" if smallest == -inf else f" from {smallest:g} to {largest:g}"
        raise InvalidResultsError(
            f"{path.name}, line {number}: {text[:TEXT_LENGTH_SHOWN]!r} is not a number{bounds}"
        )
    return value


def first_fields(path: Path, allowed: tuple[str, ...]) -> list[str]:
    """Return what is in the first column of each line, always one of `allowed`."""
    found = []
    for number, line in lines(path):
        text = line.split(",", 1)[0]
        if text not in allowed:
            raise InvalidResultsError(
                f"{path.name}, line {number}: label {text[:TEXT_LENGTH_SHOWN]!r} is not one of "
                f"{', '.join(allowed)}"
            )
        found.append(text)
    return found


def objects(path: Path, key: str, example: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the JSON object of each line; every one has `key`, as the `example` of a line."""
    for number, line in lines(path):
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict) or key not in found:
            shown = repr(line[:TEXT_LENGTH_SHOWN])
            raise InvalidResultsError(
                f"{path.name}, line {number}: {shown} is not a JSON object like {example}"
            )
        yield number, found


def check_counts(records: int, predictions: int) -> None:
    """Raise InvalidResultsError unless there are records, and a prediction for each."""
    if not records:
        raise InvalidResultsError(f"{TEST_FILE_NAME} has no records")
    if records != predictions:
        raise InvalidResultsError(
            f"{TEST_FILE_NAME} has {records} records and {PREDICTIONS_FILE_NAME} has {predictions} "
            "predictions, there must be one for each record"
        )


def sample(test: Path, predictions: Path, *, content_type: str, accept: str) -> dict[str, str]:
    """Return the first record of the test set as a request and the answer that an endpoint must give."""
    _, record = next(lines(test))
    _, answer = next(lines(predictions))
    return {
        "content_type": content_type,
        "accept": accept,
        "body": record.split(",", 1)[1],
        "expected": answer,
    }
