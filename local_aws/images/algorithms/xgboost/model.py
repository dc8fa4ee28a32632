"""A trained model: one booster, or those of a cross-validation's folds, whose predictions are averaged."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse

from local_aws.images.algorithms.rows import Matrix
from local_aws.images.algorithms.xgboost.native import xgboost

MODEL_FILE = "xgboost-model"


class Model:
    """Attributes: `objective`, `width` (the number of features)."""

    def __init__(self, boosters: list[Any]) -> None:
        self._boosters = boosters
        learner = json.loads(boosters[0].save_config())["learner"]
        self.objective: str = learner["objective"]["name"]
        self.width = int(boosters[0].num_features())

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """The model that training left in a folder."""
        files = sorted(folder.glob(f"{MODEL_FILE}*"))
        if not files:
            raise FileNotFoundError(f"There is no file {MODEL_FILE} in {folder}.")
        return cls([xgboost.Booster(model_file=path) for path in files])

    def predict(self, rows: Matrix | csr_matrix) -> Matrix:
        """A number for each row, or a number for each class."""
        if issparse(rows) and rows.shape[1] < self.width:
            rows = rows.copy()
            rows.resize((rows.shape[0], self.width))
        data = xgboost.DMatrix(rows)
        predictions = [booster.predict(data, validate_features=False) for booster in self._boosters]
        if len(predictions) == 1:
            return np.asarray(predictions[0])
        return self._agreed(np.stack(predictions))

    def _agreed(self, predictions: Matrix) -> Matrix:
        if self.objective not in ("multi:softmax", "binary:hinge"):
            return np.asarray(predictions.mean(axis=0))
        labels = np.unique(predictions)
        votes = np.stack([(predictions == label).sum(axis=0) for label in labels])
        return np.asarray(labels[votes.argmax(axis=0)])
