"""Stratified folds: which rows a model is tested with, so that every row is tested with exactly once.

A row's fold follows from the seed and from what is in the rows of all hosts, not from their order nor from
which host has which: however many hosts train, each fold holds the same rows, and the models can be compared.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from library.boosting.channel import Rows
from library.boosting.hosts import Hosts

Folds = npt.NDArray[np.int64]
BYTES_DRAWN = 8


def stratified(rows: Rows, count: int, seed: int, hosts: Hosts) -> Folds:
    """Return the fold, from 0 to `count` - 1, of each of this host's rows.

    Each label's rows are dealt to the folds in the order of numbers drawn by a hash of seed and row, so the
    folds' numbers of rows differ by one at most. Equal rows are interchangeable.
    """
    labels = np.concatenate(hosts.gathered(rows.labels))
    drawn = np.concatenate(hosts.gathered(_drawn(rows, seed)))
    order = np.lexsort((drawn, labels))
    folds = np.empty(len(labels), dtype=np.int64)
    folds[order] = np.arange(len(labels)) % count
    begin = sum(hosts.gathered(len(rows.labels))[: hosts.place])
    return folds[begin : begin + len(rows.labels)]


def _drawn(rows: Rows, seed: int) -> npt.NDArray[np.uint64]:
    salt = seed.to_bytes(BYTES_DRAWN, "little")
    digests = (blake2b(row, digest_size=BYTES_DRAWN, salt=salt).digest() for row in rows.features)
    return np.frombuffer(b"".join(digests), dtype=np.uint64)
