"""SHAP values of a tree model: exact, of the model's raw margin (log-odds for a logistic objective)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from local_aws.images.toolkit.errors import ClientError

Values = np.ndarray[Any, np.dtype[np.float64]]

_AGGREGATIONS: dict[str, Callable[[Values], Values]] = {
    "mean_abs": lambda values: np.abs(values).mean(axis=0),
    "median": lambda values: np.median(values, axis=0),
    "mean_sq": lambda values: np.square(values).mean(axis=0),
}


@dataclass(frozen=True)
class Explanations:
    """Contributions of each feature (records x labels x features), and the value they start from (of each
    label)."""

    features: list[str]
    contributions: Values
    expected: list[float]

    def section(self, agg_method: str) -> dict[str, Any]:
        """The `explanations` of analysis.json."""
        labels = {
            f"label{label}": {
                "global_shap_values": dict(
                    zip(
                        self.features,
                        _AGGREGATIONS[agg_method](self.contributions[:, label]).tolist(),
                        strict=True,
                    )
                ),
                "expected_value": expected,
            }
            for label, expected in enumerate(self.expected)
        }
        return {"kernel_shap": labels}

    def save(self, folder: Path) -> None:
        """Write each record's values to out.csv, a column a feature and label."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = [
            pd.DataFrame(
                self.contributions[:, label], columns=[f"{name}_label{label}" for name in self.features]
            )
            for label in range(len(self.expected))
        ]
        pd.concat(parts, axis="columns").to_csv(folder / "out.csv", index=False)


def explain(boosters: list[xgb.Booster], features: pd.DataFrame) -> Explanations:
    """The records' contributions, averaged over the boosters.

    Raises:
        ClientError: the dataset isn't what the model was trained on.
    """
    wanted = boosters[0].num_features()
    if wanted != features.shape[1]:
        raise ClientError(f"The model takes {wanted} features; the dataset has {features.shape[1]}.")
    rows = _numeric(features)
    values = np.mean([_contributions(booster, rows) for booster in boosters], axis=0)
    return Explanations(
        features=[str(name) for name in features.columns],
        contributions=values[:, :, :-1],
        expected=values[0, :, -1].tolist(),
    )


def _contributions(booster: xgb.Booster, rows: Values) -> Values:
    # The container predicts with the trees up to the best iteration of an early stop.
    best = booster.attr("best_iteration")
    rounds = (0, int(best) + 1) if best is not None else (0, 0)
    found = booster.predict(
        xgb.DMatrix(rows), pred_contribs=True, validate_features=False, iteration_range=rounds
    )
    return np.asarray(found if found.ndim == 3 else found[:, np.newaxis, :], np.float64)


def _numeric(features: pd.DataFrame) -> Values:
    try:
        return np.asarray(features, np.float64)
    except (TypeError, ValueError):
        texts = [str(name) for name in features if not pd.api.types.is_numeric_dtype(features[name])]
        raise ClientError(
            f"SHAP values need numbers; these columns have texts: {', '.join(texts)}."
        ) from None
