"""Rows of numbers from the text that jobs and callers send."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.serving import media_type
from local_aws.images.toolkit.training import Channel

Matrix = npt.NDArray[np.float32]

_NEWLINE, _COMMA = 10, 44


class MalformedRowError(ValueError):
    """A line is not a row of as many numbers as it should be; the text names the line and the fault."""


def parse_csv(body: bytes, width: int) -> Matrix:
    """The rows of a CSV text without a header, each of `width` numbers.

    Raises:
        MalformedRowError: names the first line that is no such row.
    """
    text = body.replace(b"\r\n", b"\n").rstrip(b"\n")
    values = _parse_regular(text, width)
    return values if values is not None else _parse_line_by_line(text, width)


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


def _parse_regular(text: bytes, width: int) -> Matrix | None:
    """The rows if each line has exactly `width` numbers; None if a closer look is needed."""
    if not text:
        return np.empty((0, width), np.float32)
    codes = np.frombuffer(text, np.uint8)
    line_ends = np.append(np.flatnonzero(codes == _NEWLINE), len(codes) - 1)
    commas = np.cumsum(codes == _COMMA)[line_ends]
    if np.any(np.diff(commas, prepend=0) != width - 1):
        return None
    try:
        values = np.loadtxt(io.BytesIO(text), np.float32, comments=None, delimiter=",", ndmin=2)
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def _parse_line_by_line(text: bytes, width: int) -> Matrix:
    rows = []
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        fields = line.decode("utf-8", "replace").split(",")
        if len(fields) != width:
            raise MalformedRowError(
                f"line {number} has {len(fields)} values, expected {width}: {_shown(line)}"
            )
        rows.append([_number(field, number, line) for field in fields])
    return np.array(rows, np.float32).reshape(-1, width)


def _number(field: str, number: int, line: bytes) -> float:
    try:
        value = float(field)
    except ValueError:
        raise MalformedRowError(f"line {number}: '{field.strip()}' is not a number: {_shown(line)}") from None
    if not np.isfinite(value):
        raise MalformedRowError(f"line {number}: '{field.strip()}' is not a finite number: {_shown(line)}")
    return value


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return f"'{text[:80]}…'" if len(text) > 80 else f"'{text}'"
