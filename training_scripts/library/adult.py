"""Reads the UCI Adult data set (Becker, Kohavi: https://archive.ics.uci.edu/dataset/2/adult) as published.

`adult.data` and `adult.test` have no header, a space after each comma, and `?` where a category is missing.
The first line of `adult.test` is a comment, and its labels end in a dot.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from library import preparation, table
from library.adult_fields import ENCODER, FEATURES, INCOME, OVER_50K
from library.arguments import add_seed, fraction, of_preparation
from library.fields import Category
from library.splitting import Rows, stratified
from library.table import Layout, Table

DATA = "adult.data"
TEST = "adult.test"
LAYOUT = Layout(header=False, comment="|", space_after_delimiter=True)

STRATIFIED = "stratified"
OFFICIAL = "official"
SPLITS = (STRATIFIED, OFFICIAL)
"""Parts of both files in the same shares of each label; or `adult.test` as the test set."""


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of where both files are, where to write, and how to split the people."""
    arguments = of_preparation(description, (DATA, TEST))
    arguments.add_argument("--split", choices=SPLITS, default=STRATIFIED, help="default: %(default)s")
    arguments.add_argument("--test-fraction", type=fraction, default=0.1, help="default: %(default)s")
    add_seed(arguments, 42)
    return arguments


class Census:
    """Everybody in both files, those of `adult.data` first."""

    def __init__(self, folder: Path) -> None:
        self.people = _read(folder, DATA, INCOME)
        self._in_data = len(self.people)
        dotted = tuple(f"{value}." for value in INCOME.values)
        self.people.extend(_read(folder, TEST, replace(INCOME, values=dotted)))

    def parts(self, split: str, shares: Sequence[float], seed: int) -> list[Rows]:
        """Return a part of the people for each share; the last one is the test set.

        In the official split that is `adult.test`; the other parts share `adult.data` in their proportion.
        """
        incomes = np.asarray(self.people.columns[INCOME.name])
        if split == STRATIFIED:
            return stratified(incomes, shares, seed)
        kept = shares[:-1]
        parts = stratified(incomes[: self._in_data], [share / sum(kept) for share in kept], seed)
        return [*parts, np.arange(self._in_data, len(self.people))]

    def write(self, path: Path, rows: Rows) -> None:
        """Write some of the people as CSV, the label first: 1 is an income over $50K."""
        preparation.write(path, self.people, rows, INCOME, ENCODER, positive=OVER_50K)


def _read(folder: Path, file_name: str, income: Category) -> Table:
    people = table.read(folder, file_name, (*FEATURES, income), LAYOUT)
    preparation.check(people, file_name, income, ENCODER)
    return people
