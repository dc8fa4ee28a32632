"""K-fold cross-validation with early stopping, and the final model that follows from it.

Each fold's model is trained on the other folds and stops when the fold's metric no longer gets better. What
it says of its fold's rows, which it hasn't seen, are the out-of-fold predictions. The final model is trained
on all rows, for as many rounds as the folds' best ones had on the mean.

The objective is the mean of the folds' areas under the ROC curve, each computed exactly over the rows of all
hosts. The folds' models are different models: their scores are compared within a fold, not across folds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xgboost

from library.boosting.channel import Floats, Rows
from library.boosting.folds import Folds
from library.boosting.hosts import Hosts
from library.boosting.hyperparameters import Hyperparameters
from library.boosting.ranking import area_under_curve
from library.faults import InvalidDataError


@dataclass(frozen=True)
class CrossValidation:
    """What the folds' models say: of each row of this host, and of each fold over all hosts."""

    predictions: Floats
    best_rounds: tuple[int, ...]
    areas: tuple[float, ...]

    @property
    def objective(self) -> float:
        """The mean of the folds' areas under the curve."""
        return sum(self.areas) / len(self.areas)

    @property
    def rounds(self) -> int:
        """How many rounds the final model is to be trained for."""
        return max(1, round(sum(self.best_rounds) / len(self.best_rounds)))


def check_labels(labels: Floats, folds: int) -> None:
    """Raise InvalidDataError unless every fold can get a row of each label."""
    for label in (0, 1):
        count = int(np.count_nonzero(labels == label))
        if count < folds:
            raise InvalidDataError(
                f"channel train, column 1: label {label} is on {count} of {len(labels)} rows, "
                f"nfold {folds} needs each label on {folds} rows or more"
            )


def cross_validate(
    rows: Rows, folds: Folds, hyperparameters: Hyperparameters, hosts: Hosts
) -> CrossValidation:
    """Train a model for each fold and let it predict the fold."""
    predictions = np.full(len(rows.labels), np.nan, dtype=np.float32)
    best_rounds = []
    areas = []
    for fold in range(hyperparameters.nfold):
        held_out = folds == fold
        best_round, predicted = _train_without(held_out, rows, hyperparameters)
        predictions[held_out] = predicted
        best_rounds.append(best_round)
        area = area_under_curve(
            np.concatenate(hosts.gathered(rows.labels[held_out])), np.concatenate(hosts.gathered(predicted))
        )
        areas.append(area)
        print(f"fold {fold + 1} of {hyperparameters.nfold}: {best_round} rounds, auc {area:.6f}", flush=True)
    return CrossValidation(predictions, tuple(best_rounds), tuple(areas))


def _train_without(held_out: Folds, rows: Rows, hyperparameters: Hyperparameters) -> tuple[int, Floats]:
    """Return the best number of rounds and the predictions for the rows held out."""
    train = xgboost.DMatrix(rows.features[~held_out], rows.labels[~held_out])
    test = xgboost.DMatrix(rows.features[held_out], rows.labels[held_out])
    booster = xgboost.train(
        hyperparameters.booster,
        train,
        num_boost_round=hyperparameters.num_round,
        evals=[(test, "validation")],
        early_stopping_rounds=hyperparameters.early_stopping_rounds,
        verbose_eval=False,
    )
    best_round = booster.best_iteration + 1
    return best_round, booster.predict(test, iteration_range=(0, best_round))


def train_on_all(rows: Rows, hyperparameters: Hyperparameters, rounds: int) -> xgboost.Booster:
    """Return the final model."""
    return xgboost.train(
        hyperparameters.booster, xgboost.DMatrix(rows.features, rows.labels), num_boost_round=rounds
    )
