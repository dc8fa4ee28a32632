from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pytest

from mysfit_recommender import sample
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]


@pytest.fixture(scope="module")
def joint() -> npt.NDArray[np.float64]:
    """The probability of each label and way to answer, from the documented rule, by other means."""
    answers = np.arange(1, 9)
    by_label = []
    for profile in sample.PROFILES:
        attentive = np.ones(1)
        for favourite in profile.favourites:
            weights = 0.35 ** np.abs(answers - favourite)
            attentive = np.multiply.outer(attentive, weights / weights.sum())
        by_label.append(profile.popularity * (0.6 * attentive.ravel() + 0.4 / 8**5))
    return np.array(by_label)


def test_catalogue_has_a_mysfit_for_each_label(workload_folder: Path) -> None:
    # Given the catalogue that turns a label into a mysfit
    catalogue = json.loads((workload_folder / "catalogue.json").read_text(encoding="utf-8"))

    # Then it is in the order of the labels that are generated, and each id is a UUID of its own
    assert [mysfit["label"] for mysfit in catalogue] == list(range(len(sample.PROFILES))) == list(range(12))
    assert len({UUID(mysfit["mysfitId"]) for mysfit in catalogue}) == 12
    assert all(set(mysfit) == {"label", "mysfitId", "name", "species"} for mysfit in catalogue)


def test_profiles_are_a_distribution_over_the_possible_answers() -> None:
    assert sum(profile.popularity for profile in sample.PROFILES) == pytest.approx(1, abs=1e-12)
    assert len({profile.favourites for profile in sample.PROFILES}) == 12
    for profile in sample.PROFILES:
        assert len(profile.favourites) == 5
        assert set(profile.favourites) <= set(range(1, 9))


def test_file_has_the_header_and_the_rows_asked_for(run: Run, tmp_path: Path) -> None:
    # When
    result = run("sample.py", "--output", tmp_path / "new" / "folder", "--rows", "300")

    # Then
    lines = (tmp_path / "new" / "folder" / "answers.csv").read_text(encoding="ascii").splitlines()
    assert (result.returncode, result.stderr) == (0, "")
    assert lines[0] == "age,occupation,relaxing_activity,colour,extreme_sport,mysfit"
    records = [[int(value) for value in line.split(",")] for line in lines[1:]]
    assert len(records) == 300
    assert {answer for record in records for answer in record[:5]} == set(range(1, 9))
    assert {record[5] for record in records} == set(range(12))


def test_default_is_20000_rows(run: Run, tmp_path: Path) -> None:
    run("sample.py", "--output", tmp_path)

    assert len((tmp_path / "answers.csv").read_text(encoding="ascii").splitlines()) == 20_001


def test_same_seed_gives_the_same_bytes_on_every_supported_python(run: Run, tmp_path: Path) -> None:
    # When the same file is made twice and another with another seed
    for folder, seed in (("first", "7"), ("second", "7"), ("other", "8")):
        run("sample.py", "--output", tmp_path / folder, "--rows", "1000", "--seed", seed)
    first, second, other = (
        (tmp_path / folder / "answers.csv").read_bytes() for folder in ("first", "second", "other")
    )

    # Then, whichever Python makes it, it is this one
    assert (
        hashlib.sha256(first).hexdigest()
        == "0e14f62af652a39767a7e911de48899de7f59a3a8d2a008f72c42d18308a6a05"
    )
    assert first == second
    assert first != other


def test_best_possible_accuracy_is_what_the_distribution_gives(joint: npt.NDArray[np.float64]) -> None:
    assert joint.sum() == pytest.approx(1, abs=1e-12)
    assert sample.best_possible_accuracy() == pytest.approx(joint.max(axis=0).sum(), abs=1e-12)
    assert sample.best_possible_accuracy() == pytest.approx(0.605134, abs=5e-7)


def test_best_possible_accuracy_is_documented(run: Run, workload_folder: Path) -> None:
    # When
    printed = run("sample.py", "--best-possible").stdout.strip()

    # Then
    assert printed == "0.605134"
    assert printed in (workload_folder / "README.md").read_text(encoding="utf-8")


def test_generated_records_follow_the_distribution(joint: npt.NDArray[np.float64]) -> None:
    # Given the classifier that knows the distribution
    best_label = joint.argmax(axis=0)

    # When it is asked about 50,000 generated records
    records = np.array(list(sample.generate(50_000, seed=3)))
    cells = (records[:, :5] - 1) @ (8 ** np.arange(4, -1, -1))
    accuracy = (best_label[cells] == records[:, 5]).mean()

    # Then it is right as often as computed, and labels and answers are as frequent (4 standard errors)
    assert accuracy == pytest.approx(0.605134, abs=4 * (0.6 * 0.4 / 50_000) ** 0.5)
    expected = joint.sum(axis=1)
    seen = np.bincount(records[:, 5], minlength=12) / 50_000
    assert np.all(np.abs(seen - expected) < 4 * np.sqrt(expected * (1 - expected) / 50_000))
    for question in range(5):
        expected = joint.sum(axis=0).reshape((8,) * 5).sum(axis=tuple({0, 1, 2, 3, 4} - {question}))
        seen = np.bincount(records[:, question], minlength=9)[1:] / 50_000
        assert np.all(np.abs(seen - expected) < 4 * np.sqrt(expected * (1 - expected) / 50_000))


@pytest.mark.parametrize("rows", ["0", "-1", "many", "1e6", "²"])
def test_number_of_rows_must_be_positive(run: Run, tmp_path: Path, rows: str) -> None:
    result = run("sample.py", "--output", tmp_path, f"--rows={rows}")

    assert result.returncode == 2
    assert f"{rows!r} is not a positive whole number" in result.stderr
    assert list(tmp_path.iterdir()) == []
