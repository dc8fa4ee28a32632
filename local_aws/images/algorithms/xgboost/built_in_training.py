"""XGBoost training as a built-in algorithm."""

import sys
from typing import Any

import numpy as np

from local_aws.images.algorithms.xgboost import debug_hook
from local_aws.images.algorithms.xgboost.data import Data, joined, read
from local_aws.images.algorithms.xgboost.hyperparameters import Settings, parse
from local_aws.images.algorithms.xgboost.labels import require_fitting_labels
from local_aws.images.algorithms.xgboost.metrics import evaluation
from local_aws.images.algorithms.xgboost.model import MODEL_FILE
from local_aws.images.algorithms.xgboost.native import xgboost
from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import Channel, TrainingContainer

_NATIVE_FAULTS = ("label must be", "base_score", "Invalid Input", "Invalid Parameter", "Check failed")


def train(container: TrainingContainer) -> None:
    """Train as the container's configuration says, and write the model, or one for each fold."""
    settings = parse(container.hyperparameters)
    sets = _read(container, settings)
    try:
        if settings.folds:
            _train_folds(container, settings, joined(list(sets.values()), "train"))
        else:
            booster, history = _fit(settings, sets)
            booster.save_model(container.model_folder / MODEL_FILE)
            debug_hook.save(container, booster, sets, history)
    except xgboost.core.XGBoostError as error:
        raise _told(error) from None


def _read(container: TrainingContainer, settings: Settings) -> dict[str, Data]:
    channels = container.channels
    unknown = sorted(set(channels) - {"train", "validation"})
    if "train" not in channels or unknown:
        fault = f"channel '{unknown[0]}' is unknown" if unknown else "channel 'train' is missing"
        raise ClientError(f"Failed to validate input data configuration: {fault}.")
    names = [name for name in ("train", "validation") if name in channels]
    sets = {name: _read_fitting(channels[name], settings) for name in names}
    width = max(data.width for data in sets.values())
    sets = {name: data.widened(width) for name, data in sets.items()}
    for name, data in sets.items():
        if data.width != sets["train"].width:
            raise ClientError(
                f"Channel '{name}' has {data.width} features, but channel 'train' has {sets['train'].width}."
            )
    return sets


def _read_fitting(channel: Channel, settings: Settings) -> Data:
    data = read(channel, weighted=settings.csv_weights)
    require_fitting_labels(channel.name, data.labels, settings)
    return data


def _fit(settings: Settings, sets: dict[str, Data]) -> tuple[Any, dict[str, dict[str, list[float]]]]:
    """A booster, and the history of its metrics."""
    watched = [
        (xgboost.DMatrix(data.features, data.labels, weight=data.weights), name)
        for name, data in sets.items()
    ]
    history: dict[str, dict[str, list[float]]] = {}
    booster = xgboost.train(
        dict(settings.parameters),
        watched[0][0],
        settings.num_round,
        evals=watched,
        custom_metric=evaluation(settings.computed_metrics, settings.objective)
        if settings.computed_metrics
        else None,
        callbacks=_early_stopping(settings, watched[-1][1]),
        evals_result=history,
    )
    return booster, history


def _early_stopping(settings: Settings, watched: str) -> list[Any]:
    if not settings.early_stopping_rounds:
        return []
    return [
        xgboost.callback.EarlyStopping(
            settings.early_stopping_rounds,
            metric_name=settings.early_stopping_metric,
            data_name=watched,
            maximize=settings.maximizes if settings.early_stopping_metric else None,
            save_best=settings.parameters.get("booster") != "gblinear",
        )
    ]


def _train_folds(container: TrainingContainer, settings: Settings, data: Data) -> None:
    """A model for each fold of a repeated cross-validation, and the means of their last metrics."""
    # It takes longer to import than most models to train.
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold  # noqa: PLC0415

    classifies = settings.objective.startswith(("binary:", "multi:"))
    splitter = (RepeatedStratifiedKFold if classifies else RepeatedKFold)(
        n_splits=settings.folds, n_repeats=settings.fold_rounds, random_state=abs(settings.seed)
    )
    if len(data.labels) < settings.folds:
        raise ClientError(f"The data has {len(data.labels)} rows, fewer than _kfold = {settings.folds}.")
    last: dict[str, list[float]] = {}
    for number, (kept, held_out) in enumerate(splitter.split(data.labels, data.labels)):
        booster, history = _fit(settings, {"train": data.rows(kept), "validation": data.rows(held_out)})
        booster.save_model(container.model_folder / f"{MODEL_FILE}-{number}")
        for name, metrics in history.items():
            for metric, values in metrics.items():
                last.setdefault(f"{name}-{metric}", []).append(values[-1])
    means = "".join(f"\t{name}:{np.mean(values):.5f}" for name, values in last.items())
    sys.stdout.write(f"[{settings.num_round}]{means}\n")
    sys.stdout.flush()


def _told(error: Exception) -> Exception:
    """XGBoost's complaint about parameters or labels as the user's fault, without its stack trace."""
    text = str(error).partition("Stack trace")[0].strip()
    return ClientError(text) if any(fault in text for fault in _NATIVE_FAULTS) else RuntimeError(text)
