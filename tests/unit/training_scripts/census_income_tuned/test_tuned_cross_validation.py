from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import xgboost
from sklearn.metrics import roc_auc_score

from library.boosting import channel, model_folder
from library.boosting.cross_validation import cross_validate, train_on_all
from library.boosting.folds import stratified
from library.boosting.hosts import Hosts
from library.boosting.hyperparameters import parse
from library.boosting.ranking import area_under_curve
from tests.unit.training_scripts.census_income_tuned.tuned_training import (
    QUICK,
    Training,
    generated,
    objective,
)

GIVEN = parse([text for name, value in QUICK.items() for text in (f"--{name}", str(value))])
Table = npt.NDArray[np.float64]


def out_of_fold(folder: Path) -> Table:
    with (folder / "data" / "out_of_fold.csv").open() as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["fold", "label", "prediction"]
    return np.array(lines[1:], dtype=np.float64)


def test_each_row_is_predicted_once_by_a_model_that_has_not_seen_it(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.RandomState(1)
    labels = (np.arange(90) % 3 == 0).astype(np.float32)
    rows = channel.Rows(labels, np.column_stack([np.arange(90), draw.normal(size=90)]).astype(np.float32))
    seen: list[tuple[set[float], set[float]]] = []
    train = xgboost.train

    def spy(parameters: dict[str, object], matrix: xgboost.DMatrix, **named: object) -> xgboost.Booster:
        (evaluated, _) = named["evals"][0]  # type: ignore[index]
        seen.append(tuple(set(data.get_data().toarray()[:, 0]) for data in (matrix, evaluated)))  # type: ignore[arg-type]
        return train(parameters, matrix, **named)

    monkeypatch.setattr(xgboost, "train", spy)
    found = cross_validate(rows, stratified(rows, 3, 5, Hosts()), GIVEN, Hosts())

    everybody = set(map(float, range(90)))
    for trained_on, tested_with in seen:
        assert trained_on | tested_with == everybody
        assert not trained_on & tested_with
    assert sorted(row for _, tested_with in seen for row in tested_with) == sorted(everybody)
    assert not np.isnan(found.predictions).any()


def test_folds_are_stratified_and_drawn_from_the_seed() -> None:
    labels = np.array([1] * 23 + [0] * 58, dtype=np.float32)

    rows = channel.Rows(labels, np.arange(81, dtype=np.float32).reshape(-1, 1))

    folds = stratified(rows, 5, 3, Hosts())

    for label, least, most in ((1, 4, 5), (0, 11, 12)):
        counts = np.bincount(folds[labels == label], minlength=5)
        assert counts.min() == least
        assert counts.max() == most
    assert np.ptp(np.bincount(folds)) <= 1
    assert np.array_equal(folds, stratified(rows, 5, 3, Hosts()))
    assert not np.array_equal(folds, stratified(rows, 5, 4, Hosts()))


def test_folds_do_not_depend_on_the_order_of_the_rows() -> None:
    labels = np.array([1] * 23 + [0] * 58, dtype=np.float32)
    features = np.arange(81, dtype=np.float32).reshape(-1, 1)
    order = np.random.RandomState(1).permutation(81)

    folds = stratified(channel.Rows(labels, features), 5, 3, Hosts())

    assert np.array_equal(
        folds[order], stratified(channel.Rows(labels[order], features[order]), 5, 3, Hosts())
    )


def test_random_labels_score_as_chance() -> None:
    """A model tested with what it was trained on would score far above."""
    draw = np.random.RandomState(2)
    labels = (draw.uniform(size=2000) < 0.5).astype(np.float32)
    rows = channel.Rows(labels, draw.normal(size=(2000, 5)).astype(np.float32))

    assert abs(cross_validate(rows, stratified(rows, 3, 1, Hosts()), GIVEN, Hosts()).objective - 0.5) < 0.05


@pytest.mark.parametrize("decimals", [1, 6])
def test_area_is_that_of_scikit_learn(decimals: int) -> None:
    draw = np.random.RandomState(decimals)
    labels = (draw.uniform(size=500) < 0.3).astype(np.float32)
    scores = np.round(draw.uniform(size=500) + labels / 2, decimals).astype(np.float32)

    assert area_under_curve(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_objective_is_the_mean_of_the_folds_areas_in_full_precision(trained: Path) -> None:
    table = out_of_fold(trained)
    areas = [roc_auc_score(*table[table[:, 0] == fold, 1:].T) for fold in range(3)]

    text = objective((trained / "log").read_text())

    assert len(table) == 600
    assert float(text) == pytest.approx(np.mean(areas), abs=1e-6)
    assert text == repr(float(text))
    assert len(text) > 12


def test_final_model_is_trained_on_all_rows_for_the_folds_mean_best_rounds(trained: Path) -> None:
    rows = channel.read(trained / "train")
    validation = cross_validate(rows, stratified(rows, 3, 7, Hosts()), GIVEN, Hosts())

    saved = model_folder.load(trained / "model")

    assert saved.num_boosted_rounds() == validation.rounds == round(np.mean(validation.best_rounds))
    assert max(validation.best_rounds) < 60
    matrix = xgboost.DMatrix(rows.features)
    assert np.array_equal(saved.predict(matrix), train_on_all(rows, GIVEN, validation.rounds).predict(matrix))


def test_two_runs_are_equal(trained: Path, tmp_path: Path) -> None:
    again = Training(tmp_path / "again")
    for part in (trained / "train").iterdir():
        again.write(part.name, part.read_text().splitlines())

    assert again.run().stdout == (trained / "log").read_text()

    for name in ("model/xgboost-model", "data/out_of_fold.csv"):
        assert (again.folder / name).read_bytes() == (trained / name).read_bytes()


def test_another_seed_is_another_objective(trained: Path, tmp_path: Path) -> None:
    other = Training(tmp_path / "other")
    other.write("all.csv", generated(600))

    assert objective(other.run({"seed": 8}).stdout) != objective((trained / "log").read_text())
