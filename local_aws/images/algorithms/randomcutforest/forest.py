"""The forest of a trained model: grown from the training data, saved, loaded, and asked for scores."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import krcf
import numpy as np
import numpy.typing as npt

from local_aws.images.algorithms.randomcutforest.hyperparameters import Settings
from local_aws.images.algorithms.rows import Matrix

SEED = 1234
# The library fails when it must replace a point in a tree of fewer.
_SMALLEST_SAMPLE = 3

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ForestModel:
    """Trees, each grown from its own sample of the training data."""

    settings: Settings
    forest: krcf.RandomCutForest

    @classmethod
    def fit(cls, settings: Settings, rows: Matrix) -> "ForestModel":
        """Grow a forest: as the rows stream by, each tree keeps a uniform sample of them (a reservoir).

        Without decay (`lambda` 0) every row has the same chance to stay, wherever in the data it is.
        """
        options: krcf.RandomCutForestOptions = {
            "dimensions": settings.feature_dim,
            "shingle_size": 1,
            "internal_shingling": False,
            "num_trees": settings.num_trees,
            "sample_size": max(settings.num_samples_per_tree, _SMALLEST_SAMPLE),
            "initial_accept_fraction": 1.0,
            "lambda": 0.0,
            "output_after": 1,
            "random_seed": SEED,
            "parallel_execution_enabled": False,
        }
        forest = krcf.RandomCutForest(options)
        for row in rows:
            forest.update(row)
        return cls(settings, forest)

    @classmethod
    def load(cls, folder: Path) -> "ForestModel":
        """The model that `save` wrote to `folder`; raises OSError or ValueError if there is none."""
        settings = Settings(**json.loads((folder / "settings.json").read_text()))
        return cls(settings, krcf.RandomCutForest.from_msgpack((folder / "forest.msgpack").read_bytes()))

    def save(self, folder: Path) -> None:
        """Write the model to `folder`."""
        (folder / "settings.json").write_text(json.dumps(dataclasses.asdict(self.settings), indent=2))
        (folder / "forest.msgpack").write_bytes(self.forest.to_msgpack())

    def score(self, rows: Matrix) -> Scores:
        """Each row's anomaly score: high where few cuts part it from the others, the trees' mean."""
        return np.fromiter(map(self.forest.score, rows), np.float64, len(rows))
