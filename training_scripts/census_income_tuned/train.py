"""Cross-validate, train and save the income model; serve it. Runs in SageMaker's XGBoost framework container.

Training reads the channel `train` (CSV, the label first) and, if there is one, `encoder` (encoder.json). It
writes the model folder, and `out_of_fold.csv` (fold, label, prediction of each row) to the output data. The
line `validation-auc:<objective>` in the log is what a tuning job reads. A wrong hyperparameter or a fault in
the data ends the job with exit code 1 and one line on standard error.

On several hosts each trains on the rows it was given, together with the others: ask for ShardedByS3Key.

Serving takes the four handlers below from this module.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from library.boosting import channel, folds, model_folder
from library.boosting.cross_validation import CrossValidation, check_labels, cross_validate, train_on_all
from library.boosting.hosts import Hosts
from library.boosting.hyperparameters import Hyperparameters, InvalidHyperparameterError, parse
from library.boosting.serving import input_fn, model_fn, output_fn, predict_fn
from library.faults import InvalidDataError

__all__ = ["input_fn", "model_fn", "output_fn", "predict_fn"]

OUT_OF_FOLD_FILE_NAME = "out_of_fold.csv"


def train(hyperparameters: Hyperparameters, hosts: Hosts) -> None:
    """Train on the rows of all hosts; the first saves the model, each its own out-of-fold predictions."""
    rows, fault = _read(Path(os.environ["SM_CHANNEL_TRAIN"]))
    faults = [text for text in hosts.gathered(fault) if text]
    if faults:  # of any host: the others must not wait for it
        raise InvalidDataError("; ".join(faults))
    labels = np.concatenate(hosts.gathered(rows.labels))
    _check_widths(hosts.gathered(rows.features.shape[1]), hosts)
    check_labels(labels, hyperparameters.nfold)
    fold_of_row = folds.stratified(rows, hyperparameters.nfold, hyperparameters.seed, hosts)
    validation = cross_validate(rows, fold_of_row, hyperparameters, hosts)
    booster = train_on_all(rows, hyperparameters, validation.rounds)
    _write_out_of_fold(Path(os.environ["SM_OUTPUT_DATA_DIR"]), rows, fold_of_row, validation)
    if hosts.is_first:
        model_folder.save(Path(os.environ["SM_MODEL_DIR"]), booster, Path(__file__), _encoder())
    print(f"{len(labels)} rows, {validation.rounds} rounds, {len(hosts.names)} hosts")
    print(f"validation-auc:{validation.objective!r}", flush=True)


def _read(folder: Path) -> tuple[channel.Rows, str]:
    """Return the rows and what is wrong with them."""
    try:
        return channel.read(folder), ""
    except InvalidDataError as error:
        none = np.empty((0, 0), dtype=np.float32)
        return channel.Rows(none[:, :0].reshape(-1), none), str(error)


def _check_widths(widths: list[int], hosts: Hosts) -> None:
    if len(set(widths)) > 1:
        found = ", ".join(f"{count} on {name}" for count, name in zip(widths, hosts.names))
        raise InvalidDataError(f"channel train: the hosts' rows differ in features: {found}")


def _encoder() -> Path | None:
    folder = os.environ.get("SM_CHANNEL_ENCODER")
    return None if folder is None else Path(folder) / model_folder.ENCODER_FILE_NAME


def _write_out_of_fold(
    folder: Path, rows: channel.Rows, fold_of_row: folds.Folds, validation: CrossValidation
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / OUT_OF_FOLD_FILE_NAME).open("w", encoding="ascii", newline="") as file:
        file.write("fold,label,prediction\n")
        for fold, label, prediction in zip(fold_of_row, rows.labels, validation.predictions):
            file.write(f"{fold},{label:.0f},{prediction}\n")


def main(arguments: Sequence[str]) -> int:
    """Run as the training job does; return the exit code."""
    try:
        hyperparameters = parse(arguments)
        hosts = Hosts.from_environment()
        threads = int(os.environ.get("SM_NUM_CPUS", "0"))  # 0: all that there are
        hyperparameters = replace(hyperparameters, booster={**hyperparameters.booster, "nthread": threads})
        with hosts.together():
            train(hyperparameters, hosts)
    except (InvalidHyperparameterError, InvalidDataError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
