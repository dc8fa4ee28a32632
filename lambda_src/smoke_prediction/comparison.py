"""Compares predictions as what they mean: numbers by value, the rest exactly."""

import csv
import io
import json
import math

RELATIVE_TOLERANCE = 1e-6
ABSOLUTE_TOLERANCE = 1e-9
"""For numbers at zero, where nothing is relatively close."""


def difference(expected: str, actual: str, media_type: str) -> str | None:
    """Say where an answer first differs from the expected one; None when it doesn't.

    Raises `ValueError` when either can't be read as the media type, which may carry parameters.
    """
    form = media_type.partition(";")[0].strip().lower()
    if form == "application/json":
        return _differing("answer", json.loads(expected), json.loads(actual))
    if form in ("application/jsonlines", "application/x-ndjson"):
        return _differing("line", _json_lines(expected), _json_lines(actual))
    if form == "text/csv":
        return _differing("row", _csv_rows(expected), _csv_rows(actual))
    return _differing("answer", expected.strip(), actual.strip())


def _json_lines(text: str) -> list[object]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _csv_rows(text: str) -> list[list[object]]:
    return [[_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text)) if row]


def _cell(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _differing(path: str, expected: object, actual: object) -> str | None:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _differing_objects(path, expected, actual)
    if isinstance(expected, list) and isinstance(actual, list):
        return _differing_lists(path, expected, actual)
    if _is_number(expected) and _is_number(actual):
        same = _close(expected, actual)
    else:
        same = type(expected) is type(actual) and expected == actual
    return None if same else f"{path} is {actual!r}, expected {expected!r}"


def _differing_objects(path: str, expected: dict[str, object], actual: dict[str, object]) -> str | None:
    if expected.keys() != actual.keys():
        return f"{path} has the keys {sorted(actual)}, expected {sorted(expected)}"
    found = (_differing(f"{path}.{key}", value, actual[key]) for key, value in expected.items())
    return next((text for text in found if text), None)


def _differing_lists(path: str, expected: list[object], actual: list[object]) -> str | None:
    if len(expected) != len(actual):
        return f"{path} has {len(actual)} items, expected {len(expected)}"
    found = (
        _differing(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(expected, actual, strict=True))
    )
    return next((text for text in found if text), None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _close(expected: object, actual: object) -> bool:
    first, second = float(str(expected)), float(str(actual))
    if math.isnan(first) or math.isnan(second):
        return math.isnan(first) and math.isnan(second)
    return math.isclose(first, second, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
