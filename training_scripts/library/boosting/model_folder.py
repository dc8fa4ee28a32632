"""The model folder: what a training script leaves for the serving container.

`xgboost-model` is the booster. `code` holds what serves it: the script and the library, as SageMaker's
framework containers look for them, and the encoder that the rows were made with.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import xgboost

MODEL_FILE_NAME = "xgboost-model"
CODE_FOLDER_NAME = "code"
ENCODER_FILE_NAME = "encoder.json"
LIBRARY = Path(__file__).parents[1]
NOT_CODE = ("__pycache__", "*.pyc", ".*")


def save(folder: Path, booster: xgboost.Booster, script: Path, encoder: Path | None) -> None:
    """Fill the model folder; `encoder` is the file's path, if there is one."""
    # The container's own loader knows both formats of XGBoost by their content; this one is the smaller.
    (folder / MODEL_FILE_NAME).write_bytes(bytes(booster.save_raw(raw_format="ubj")))
    code = folder / CODE_FOLDER_NAME
    code.mkdir(exist_ok=True)
    shutil.copy(script, code)
    shutil.copytree(
        LIBRARY, code / LIBRARY.name, ignore=shutil.ignore_patterns(*NOT_CODE), dirs_exist_ok=True
    )
    if encoder is not None:
        shutil.copyfile(encoder, code / ENCODER_FILE_NAME)


def load(folder: Path) -> xgboost.Booster:
    """Return the booster in a model folder."""
    booster = xgboost.Booster()
    booster.load_model(bytearray((folder / MODEL_FILE_NAME).read_bytes()))
    return booster


def encoder_of(folder: Path) -> Path | None:
    """Return the path of the encoder in a model folder, or None if it was saved without one."""
    path = folder / CODE_FOLDER_NAME / ENCODER_FILE_NAME
    return path if path.is_file() else None
