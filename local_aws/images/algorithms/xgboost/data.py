"""The labelled data of training's channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack

from local_aws.images.algorithms.rows import MalformedRowError, Matrix, parse_csv
from local_aws.images.algorithms.xgboost.libsvm import parse_libsvm
from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.serving import media_type
from local_aws.images.toolkit.training import Channel

_DEFAULT_TYPE = "text/libsvm"
_TYPES = {
    "csv": "text/csv",
    "text/csv": "text/csv",
    "libsvm": "text/libsvm",
    "text/libsvm": "text/libsvm",
    "text/x-libsvm": "text/libsvm",
    "parquet": "application/x-parquet",
    "application/x-parquet": "application/x-parquet",
}


@dataclass(frozen=True)
class Data:
    """Labels, features and maybe weights, row by row."""

    labels: Matrix
    features: Matrix | csr_matrix
    weights: Matrix | None

    @property
    def width(self) -> int:
        """The number of features."""
        return int(self.features.shape[1])

    def rows(self, positions: Any) -> Data:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[positions]
        return Data(self.labels[positions], self.features[positions], weights)

    def widened(self, width: int) -> Data:
        """The same with as many columns; sparse rows end with their last value, and columns may be absent."""
        if not issparse(self.features) or self.width >= width:
            return self
        features = self.features.copy()
        features.resize((features.shape[0], width))
        return Data(self.labels, features, self.weights)


def read(channel: Channel, *, weighted: bool) -> Data:
    """A channel's data; `weighted` says that weights follow the labels in CSV.

    Raises:
        ClientError: the content type is not supported, there are no rows, or one is malformed.
    """
    given = media_type(channel.content_type or _DEFAULT_TYPE)[0]
    kind = _TYPES.get(given)
    if kind is None:
        raise ClientError(
            f"Content type '{given}' of channel '{channel.name}' is not supported here. "
            f"Supported: {', '.join(sorted(set(_TYPES.values())))}."
        )
    parts = [_read_file(path, channel.name, kind, weighted=weighted) for path in channel.files()]
    if not parts:
        raise ClientError(f"Channel '{channel.name}' has no files.")
    return joined(parts, channel.name)


def joined(parts: list[Data], channel: str) -> Data:
    """All rows of the parts.

    Raises:
        ClientError: they differ in their number of features.
    """
    width = max(part.width for part in parts)
    parts = [part.widened(width) for part in parts]
    for part in parts:
        if part.width != parts[0].width:
            raise ClientError(
                f"The files of channel '{channel}' differ: {parts[0].width} and {part.width} features a row."
            )
    stack = vstack if issparse(parts[0].features) else np.concatenate
    weights = [part.weights for part in parts if part.weights is not None]
    return Data(
        np.concatenate([part.labels for part in parts]),
        stack([part.features for part in parts]),
        np.concatenate(weights) if weights else None,
    )


def _read_file(path: Path, channel: str, kind: str, *, weighted: bool) -> Data:
    where = f"'{path.name}' of channel '{channel}'"
    try:
        data = _READERS[kind](path, weighted)
    except MalformedRowError as error:
        raise ClientError(f"Unable to parse {where}: {error}") from None
    except (OSError, ValueError) as error:
        raise ClientError(f"Unable to read {where} as {kind}: {error}") from None
    if not len(data.labels):
        raise ClientError(f"File {where} has no rows.")
    if np.isnan(data.labels).any():
        row = int(np.flatnonzero(np.isnan(data.labels))[0]) + 1
        raise ClientError(f"Row {row} of file {where} has no label, which is its first value.")
    return data


def _read_csv(path: Path, weighted: bool) -> Data:
    return _dense(parse_csv(path.read_bytes(), with_gaps=True), weighted=weighted)


def _read_libsvm(path: Path, _weighted: bool) -> Data:
    rows = parse_libsvm(path.read_bytes())
    return Data(rows.labels, rows.features, None)


def _read_parquet(path: Path, _weighted: bool) -> Data:
    import pandas as pd  # noqa: PLC0415 - takes longer to import than most data to read

    return _dense(pd.read_parquet(path).to_numpy(np.float32), weighted=False)


def _dense(rows: Matrix, *, weighted: bool) -> Data:
    first = 2 if weighted else 1
    if len(rows) and rows.shape[1] <= first:
        raise MalformedRowError(f"rows have {rows.shape[1]} values: too few for a label and features")
    weights = rows[:, 1].copy() if weighted and len(rows) else None
    labels = rows[:, 0].copy() if len(rows) else np.empty(0, np.float32)
    return Data(labels, np.ascontiguousarray(rows[:, first:]), weights)


_READERS = {"text/csv": _read_csv, "text/libsvm": _read_libsvm, "application/x-parquet": _read_parquet}
