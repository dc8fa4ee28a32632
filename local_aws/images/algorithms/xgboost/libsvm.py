"""Rows of numbers from libsvm text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from local_aws.images.algorithms.rows import MalformedRowError, Matrix, shown


@dataclass(frozen=True)
class SparseRows:
    """Rows of a libsvm text; a label is 0 where a line has none."""

    labels: Matrix
    features: csr_matrix


def parse_libsvm(body: bytes) -> SparseRows:
    """The rows of a libsvm text: `<label> <column>:<value> …`, columns from 0; the label may lack.

    Raises:
        MalformedRowError: names the first line that is no such row.
    """
    labels: list[float] = []
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for number, line in enumerate(body.decode("utf-8", "replace").splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        try:
            label, pairs = _labelled(fields)
            columns += [int(column) for column, _ in pairs]
            values += [float(value) for _, value in pairs]
        except ValueError:
            raise MalformedRowError(
                f"line {number} is not '<label> <column>:<value> …': {shown(line)}"
            ) from None
        if len(columns) > ends[-1] and min(columns[ends[-1] :]) < 0:
            raise MalformedRowError(f"line {number} has a column below 0: {shown(line)}")
        labels.append(label)
        ends.append(len(columns))
    matrix = csr_matrix(
        (np.array(values, np.float32), np.array(columns, np.int64), np.array(ends)),
        shape=(len(labels), max(columns, default=-1) + 1),
    )
    return SparseRows(np.array(labels, np.float32), matrix)


def _labelled(fields: Sequence[str]) -> tuple[float, list[tuple[str, str]]]:
    """A line's label and pairs; a line of a request may lack the label."""
    label = 0.0 if ":" in fields[0] else float(fields[0])
    pairs = []
    for field in fields if ":" in fields[0] else fields[1:]:
        column, value = field.split(":")
        pairs.append((column, value))
    return label, pairs
