"""Debugger's hook: saves what the rules read, if the job has a hook configuration.

Plain files in place of smdebug's tensor format: the metrics by round, the last predictions with their labels,
the importance of the features, and the hyperparameters; each if its collection was asked for.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from local_aws.images.algorithms.xgboost.data import Data
from local_aws.images.algorithms.xgboost.native import xgboost
from local_aws.images.toolkit.training import TrainingContainer

_IMPORTANCE = ("weight", "gain", "cover", "total_gain", "total_cover")
_OPT_ML = "/opt/ml/"


def save(
    container: TrainingContainer,
    booster: Any,
    sets: Mapping[str, Data],
    history: Mapping[str, Mapping[str, list[float]]],
) -> None:
    """Save what the hook configuration asks for; AWS's containers of XGBoost 3 have no hook."""
    path = container.base / "input" / "config" / "debughookconfig.json"
    if not path.is_file() or not xgboost.__version__.startswith("1."):
        return
    configuration = json.loads(path.read_text())
    collections = {
        item["CollectionName"]: item.get("CollectionParameters", {})
        for item in configuration.get("CollectionConfigurations", [])
    }
    folder = container.base / configuration["LocalPath"].removeprefix(_OPT_ML)
    folder.mkdir(parents=True, exist_ok=True)
    if "metrics" in collections:
        _write(folder, "metrics", _sampled(history, int(collections["metrics"].get("save_interval", 1))))
    if "feature_importance" in collections:
        _write(folder, "feature_importance", {kind: _scores(booster, kind) for kind in _IMPORTANCE})
    if "hyperparameters" in collections:
        _write(folder, "hyperparameters", dict(container.hyperparameters))
    if {"predictions", "labels"} <= set(collections):
        for name, data in sets.items():
            predictions = booster.predict(xgboost.DMatrix(data.features))
            np.savez_compressed(
                folder / f"predictions-{name}.npz", labels=data.labels, predictions=predictions
            )


def _sampled(history: Mapping[str, Mapping[str, list[float]]], interval: int) -> dict[str, Any]:
    """Every so-manieth round, and the last."""
    count = len(next(iter(next(iter(history.values())).values())))
    rounds = sorted({*range(0, count, interval), count - 1})
    values = {
        f"{name}-{metric}": [series[number] for number in rounds]
        for name, metrics in history.items()
        for metric, series in metrics.items()
    }
    return {"rounds": rounds, "values": values}


def _scores(booster: Any, kind: str) -> dict[str, float]:
    """The importance of each feature that splits; a linear booster has weights only."""
    try:
        scores = booster.get_score(importance_type=kind)
    except xgboost.core.XGBoostError:
        return {}
    return {name: float(np.ravel(score)[0]) for name, score in scores.items()}


def _write(folder: Path, name: str, content: object) -> None:
    (folder / f"{name}.json").write_text(json.dumps(content))
