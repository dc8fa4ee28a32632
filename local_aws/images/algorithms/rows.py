"""Rows of numbers from the text that jobs and callers send."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.serving import media_type
from local_aws.images.toolkit.training import Channel

Matrix = npt.NDArray[np.float32]

_NEWLINE, _COMMA = 10, 44
_GAP = re.compile(rb"(?m)(?:^|(?<=,))(?=,|$)")


class MalformedRowError(ValueError):
    """A line is not a row of as many numbers as it should be; the text names the line and the fault."""


def parse_csv(body: bytes, width: int | None = None, *, with_gaps: bool = False) -> Matrix:
    """The rows of a CSV text without a header, each of `width` numbers, or of as many as the first.

    `with_gaps` takes an empty field for a missing value, NaN.

    Raises:
        MalformedRowError: names the first line that is no such row.
    """
    text = body.replace(b"\r\n", b"\n").strip(b"\n")
    values = _parse_regular(text, width, with_gaps=with_gaps)
    return values if values is not None else _parse_line_by_line(text, width, with_gaps=with_gaps)


def read_channel(channel: Channel, feature_dim: int, *, label_size: int) -> tuple[Matrix, Matrix]:
    """Labels and features of a channel of CSV files whose first `label_size` values are the label.

    Raises:
        ClientError: the channel's content type is not supported, it has no rows, or a line is malformed.
    """
    _require_csv(channel, label_size)
    width = feature_dim + label_size
    parts = [_read_file(path, channel.name, width) for path in channel.files()]
    rows = np.concatenate([part for part in parts if len(part)] or [np.empty((0, width), np.float32)])
    if not len(rows):
        raise ClientError(f"No data records were found in channel '{channel.name}'.")
    return rows[:, :label_size].copy(), np.ascontiguousarray(rows[:, label_size:])


def _require_csv(channel: Channel, label_size: int) -> None:
    kind, parameters = media_type(channel.content_type or "application/x-recordio-protobuf")
    if kind != "text/csv":
        raise ClientError(
            f"Content type '{kind}' of channel '{channel.name}' is not supported here. Supported: text/csv."
        )
    # Without the parameter, the built-in algorithms take the first value for the label.
    given = parameters.get("label_size", "1")
    if given != str(label_size):
        raise ClientError(f"Channel '{channel.name}': label_size must be {label_size}, not {given}.")


def _read_file(path: Path, channel: str, width: int) -> Matrix:
    try:
        return parse_csv(path.read_bytes(), width)
    except MalformedRowError as error:
        raise ClientError(f"Unable to parse '{path.name}' of channel '{channel}': {error}") from None


def _parse_regular(text: bytes, width: int | None, *, with_gaps: bool) -> Matrix | None:
    """The rows if all lines have as many numbers as they should; None if a closer look is needed."""
    if not text.strip():
        return np.empty((0, width or 0), np.float32)
    codes = np.frombuffer(text, np.uint8)
    line_ends = np.append(np.flatnonzero(codes == _NEWLINE), len(codes) - 1)
    commas = np.diff(np.cumsum(codes == _COMMA)[line_ends], prepend=0)
    if np.any(commas != (commas[0] if width is None else width - 1)):
        return None
    if with_gaps and commas[0]:
        text = _GAP.sub(b"nan", text)
    try:
        values = np.loadtxt(io.BytesIO(text), np.float32, comments=None, delimiter=",", ndmin=2)
    except ValueError:
        return None
    return None if _unfit(values, with_gaps=with_gaps).any() else values


def _parse_line_by_line(text: bytes, width: int | None, *, with_gaps: bool) -> Matrix:
    rows: list[list[float]] = []
    for number, line in enumerate(text.decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        fields = line.split(",")
        wanted = width or (len(rows[0]) if rows else len(fields))
        if len(fields) != wanted:
            expected = f"expected {wanted}" if width else f"but the first has {wanted}"
            raise MalformedRowError(f"line {number} has {len(fields)} values, {expected}: {shown(line)}")
        rows.append([_number(field.strip(), number, line, with_gaps=with_gaps) for field in fields])
    return np.array(rows, np.float32).reshape(-1, len(rows[0]) if rows else width or 0)


def _number(field: str, number: int, line: str, *, with_gaps: bool) -> float:
    try:
        value = float(field or "nan") if with_gaps else float(field)
    except ValueError:
        hint = " (a header is not allowed)" if number == 1 else ""
        raise MalformedRowError(f"line {number}: '{field}' is not a number{hint}: {shown(line)}") from None
    if _unfit(value, with_gaps=with_gaps):
        raise MalformedRowError(f"line {number}: '{field}' is not a finite number: {shown(line)}")
    return value


def _unfit(values: float | Matrix, *, with_gaps: bool) -> Any:
    """Where there is no number to work with."""
    return np.isinf(values) if with_gaps else ~np.isfinite(values)


def shown(line: str) -> str:
    """A line as an error shows it."""
    text = line.strip()
    return f"'{text[:80]}…'" if len(text) > 80 else f"'{text}'"
