from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from library import preparation
from library.encoding import Encoder
from library.faults import InvalidDataError
from library.fields import Category, Number
from library.table import Table

SIZE = Number("size", 0, 100)
KIND = Category("kind", ("old", "new"))
PRICE = Number("price", 0, 1_000, whole=False)
ENCODER = Encoder(PRICE.name, (SIZE, KIND))


@pytest.fixture
def houses() -> Table:
    table = Table((SIZE, KIND, PRICE))
    table.columns["size"].extend(float(place % 7) for place in range(100))
    table.columns["kind"].extend(place % 2 for place in range(100))
    table.columns["price"].extend(place / 4 for place in range(100))
    return table


def test_a_number_can_be_the_label(houses: Table, tmp_path: Path) -> None:
    preparation.check(houses, "houses.csv", PRICE, ENCODER)
    preparation.write(tmp_path / "train.csv", houses, np.array([6, 1]), PRICE, ENCODER)

    assert (tmp_path / "train.csv").read_text() == "1.5,6,1,0\n0.25,1,0,1\n"


def test_a_label_that_is_always_the_same_number_is_refused(houses: Table) -> None:
    houses.columns["price"][:] = type(houses.columns["price"])("d", [9.5] * 100)

    with pytest.raises(InvalidDataError, match=r"1 fault: column price: every row holds 9\.5, a column must"):
        preparation.check(houses, "houses.csv", PRICE, ENCODER)


def test_a_category_as_label_is_1_where_it_is_positive(houses: Table, tmp_path: Path) -> None:
    encoder = Encoder(KIND.name, (SIZE,))
    preparation.write(tmp_path / "train.csv", houses, np.array([3, 4]), KIND, encoder, positive="new")

    assert (tmp_path / "train.csv").read_text() == "1,3\n0,4\n"
