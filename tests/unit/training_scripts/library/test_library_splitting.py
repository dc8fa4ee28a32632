from __future__ import annotations

import numpy as np
import pytest

from library.splitting import shuffled, stratified

SHARES = (0.7, 0.2, 0.1)


def test_every_record_is_in_one_part_in_its_order() -> None:
    labels = [0] * 750 + [1] * 250

    parts = stratified(labels, SHARES, 42)

    assert sorted(np.concatenate(parts)) == list(range(1000))
    assert all(np.all(np.diff(part) > 0) for part in parts)


def test_every_label_is_shared_out_alike() -> None:
    labels = np.array([0, 1, 1, 2] * 250)

    parts = stratified(labels, SHARES, 42)

    for label, count in ((0, 250), (1, 500), (2, 250)):
        assert [int((labels[part] == label).sum()) for part in parts] == [
            round(count * share) for share in SHARES
        ]


@pytest.mark.parametrize(
    ("count", "counts"), [(1, [1, 0, 0]), (2, [1, 0, 1]), (3, [1, 1, 1]), (4, [2, 1, 1]), (10, [7, 2, 1])]
)
def test_rare_label_is_in_as_many_parts_as_it_can(count: int, counts: list[int]) -> None:
    labels = np.array([0] * 100 + [1] * count)

    parts = stratified(labels, SHARES, 42)

    assert [int((labels[part] == 1).sum()) for part in parts] == counts


def test_split_depends_on_the_seed_alone() -> None:
    labels = [0, 1] * 500

    first, second, other = (stratified(labels, SHARES, seed)[2].tolist() for seed in (1, 1, 2))

    assert first == second
    assert first != other


def test_split_is_the_same_with_every_version_of_numpy() -> None:
    assert stratified([0, 1] * 10, (0.8, 0.2), 7)[1].tolist() == [8, 12, 15, 17]
    assert shuffled(10, 0.7, 1729)[1].tolist() == [5, 3, 6]


def test_shuffle_is_the_one_of_pandas() -> None:
    # Given how the bank tutorial splits: DataFrame.sample(frac=1, random_state=1729), then cut at 70 %
    order = np.random.RandomState(1729).permutation(41_188)

    first, second = shuffled(41_188, 0.7, 1729)

    assert first.tolist() == order[:28_831].tolist()
    assert second.tolist() == order[28_831:].tolist()
