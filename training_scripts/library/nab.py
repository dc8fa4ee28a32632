"""Reads a series and its labelled windows as the Numenta Anomaly Benchmark writes them.

https://github.com/numenta/NAB/blob/master/data/README.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from library import raw_files
from library.faults import Faults, InvalidDataError, shown
from library.shingles import STEP

HEADER = "timestamp,value"
LARGEST = 1e12
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Series:
    """A value for each half-hour from `start` on."""

    start: datetime
    values: list[float]

    def time(self, place: int) -> datetime:
        """Return when the value at a place was taken."""
        return self.start + place * STEP


def read_series(folder: Path, file_name: str) -> Series:
    """Return the series of a file, or raise InvalidDataError naming its faults."""
    path = raw_files.existing(folder, file_name)
    lines = ((number, line.rstrip("\r\n")) for number, line in raw_files.lines(path))
    _, header = next(lines, (1, None))
    if header != HEADER:
        found = "the file is empty" if header is None else f"the header is {shown(header)}"
        raise InvalidDataError(f"{file_name}, line 1: {found}, it must be {HEADER}")
    times, values = _parse(lines, file_name)
    if not values:
        raise InvalidDataError(f"{file_name} has a header and no data rows")
    return Series(times[0], values)


def read_windows(folder: Path, file_name: str, key: str) -> list[Window]:
    """Return the windows of the series `key`, or of a file that is a plain list of windows."""
    path = raw_files.existing(folder, file_name)
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:  # also what is not UTF-8
        raise InvalidDataError(f"{file_name} is not JSON in UTF-8: {error}") from error
    if isinstance(content, dict):
        if key not in content:
            raise InvalidDataError(
                f"{file_name} has no windows of {key}; an empty list would say there are none"
            )
        content = content[key]
    if not isinstance(content, list):
        raise InvalidDataError(f"{file_name}: {shown(content)} is not a list of windows [start, end]")
    faults = Faults(file_name)
    windows = [_window(number, pair, faults) for number, pair in enumerate(content, start=1)]
    faults.raise_if_any()
    return sorted(window for window in windows if window)


def _window(number: int, pair: object, faults: Faults) -> Window | None:
    try:
        start, end = (datetime.fromisoformat(text) for text in pair)  # type: ignore[attr-defined]
        if start <= end and start.tzinfo is None and end.tzinfo is None:
            return start, end
    except (TypeError, ValueError):
        pass
    faults.add(
        f"window {number}: {shown(pair)} is not [start, end], two times like "
        '"2014-10-30 15:30:00" of which the first is not the later'
    )
    return None


def _parse(lines: Iterator[tuple[int, str]], file_name: str) -> tuple[list[datetime], list[float]]:
    faults = Faults(file_name)
    times: list[datetime] = []
    values: list[float] = []
    previous: datetime | None = None  # of the line before, if it has a time
    for number, line in lines:
        fields = line.split(",")
        if len(fields) != 2:
            found = "blank" if fields == [""] else f"{len(fields)} columns"
            faults.add(f"line {number}: {found}, there must be 2 columns ({HEADER})")
            previous = None
            continue
        time, value = _time(fields[0]), _value(fields[1])
        if time is None:
            faults.add(
                f"line {number}, column timestamp: {shown(fields[0])} is not a time like 2014-07-01 00:30:00"
            )
        else:
            _check_step(number, previous, time, faults)
            times.append(time)
        if value is None:
            faults.add(
                f"line {number}, column value: {shown(fields[1])} is not a number from 0 to {LARGEST:g}"
            )
        else:
            values.append(value)
        previous = time
    faults.raise_if_any()
    return times, values


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _TIMESTAMP.fullmatch(text) else None
    except ValueError:
        return None


def _value(text: str) -> float | None:
    value = float(text) if _NUMBER.fullmatch(text) else None
    return value if value is not None and value <= LARGEST else None


def _check_step(number: int, previous: datetime | None, time: datetime, faults: Faults) -> None:
    if previous is None or time - previous == STEP:
        return
    where = f"line {number}, column timestamp: {time}"
    if time == previous:
        faults.add(f"{where} is there twice, each half-hour must be there once")
    elif time > previous and (time - previous) % STEP == STEP * 0:
        missing = (time - previous) // STEP - 1
        faults.add(f"{where} follows {previous}: {missing} half-hours are missing, each must be there")
    else:
        faults.add(f"{where} follows {previous}, each time must be 30 minutes after the one before")
