"""What the hook of a training container has saved."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
_BINARY_CUTOFF = 0.5


@dataclass(frozen=True)
class Predictions:
    """The last predictions for one of the training's sets."""

    name: str
    labels: Values
    values: Values

    @property
    def classes(self) -> Values:
        """The predicted class of each row: of probabilities the likeliest, of margins by their sign."""
        if self.values.ndim == 2:
            likeliest: Values = self.values.argmax(axis=1).astype(np.float64)
            return likeliest
        if self.values.min(initial=0.0) < 0 or self.values.max(initial=0.0) > 1:
            whole = bool(np.equal(self.values, np.round(self.values)).all())
            return self.values if whole else (self.values > 0).astype(np.float64)
        return (self.values > _BINARY_CUTOFF).astype(np.float64)


class Tensors:
    """The files in a folder; each may be absent, as each collection is asked for by itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def hyperparameters(self) -> dict[str, str]:
        """The training job's."""
        return self._document("hyperparameters")

    @property
    def objective(self) -> str:
        """XGBoost's objective."""
        return self.hyperparameters.get("objective", "reg:squarederror")

    @property
    def metrics(self) -> dict[str, Any]:
        """`rounds`, and for each `<set>-<metric>` its `values`."""
        return self._document("metrics")

    @property
    def feature_importance(self) -> dict[str, dict[str, float]]:
        """For each way to measure it, the score of each feature that has one."""
        return self._document("feature_importance")

    @property
    def predictions(self) -> list[Predictions]:
        """For each set, the training's first."""
        found = []
        for path in sorted(self._folder.glob("predictions-*.npz")):
            with np.load(path) as arrays:
                labels, values = (arrays[name].astype(np.float64) for name in ("labels", "predictions"))
            found.append(Predictions(path.stem.removeprefix("predictions-"), labels, values))
        return found

    def _document(self, name: str) -> dict[str, Any]:
        path = self._folder / f"{name}.json"
        content: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        return content
