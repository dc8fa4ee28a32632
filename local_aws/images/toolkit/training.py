"""The training contract: `/opt/ml` below some base folder, and how a failure is told.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.images.toolkit.errors import ClientError

BASE_VARIABLE = "SAGEMAKER_BASE_DIR"


@dataclass(frozen=True)
class Channel:
    """One input channel: its folder and the content type given for it (may be empty)."""

    name: str
    folder: Path
    content_type: str

    def files(self) -> list[Path]:
        """Every data file of the channel, in a stable order."""
        return sorted(
            path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith(".")
        )


@dataclass(frozen=True)
class TrainingContainer:
    """What a training container finds in its `/opt/ml`."""

    base: Path

    @classmethod
    def from_environment(cls) -> "TrainingContainer":
        """The container whose base folder is in $SAGEMAKER_BASE_DIR, `/opt/ml` without it."""
        return cls(Path(os.environ.get(BASE_VARIABLE, "/opt/ml")))

    @property
    def hyperparameters(self) -> Mapping[str, str]:
        """The job's hyperparameters; SageMaker hands all of them over as strings."""
        values: dict[str, str] = self._config("hyperparameters.json")
        return values

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The job's input channels by name."""
        return {
            name: Channel(name, self.base / "input" / "data" / name, str(options.get("ContentType", "")))
            for name, options in self._config("inputdataconfig.json").items()
        }

    @property
    def model_folder(self) -> Path:
        """What is put here becomes model.tar.gz."""
        return self.base / "model"

    def _config(self, name: str) -> dict[str, Any]:
        values: dict[str, Any] = json.loads((self.base / "input" / "config" / name).read_text())
        return values


def run(train: Callable[[TrainingContainer], None]) -> None:
    """Run `train`; a failure goes to the log and to `/opt/ml/output/failure`, and ends the process with 1 or
    2."""
    container = TrainingContainer.from_environment()
    try:
        train(container)
    except ClientError as error:
        _fail(container, f"ClientError: {error}", exit_code=2)
    except Exception as error:  # noqa: BLE001 - whatever an algorithm raises is its failure reason
        traceback.print_exc()
        _fail(container, f"{type(error).__name__}: {error}", exit_code=1)


def _fail(container: TrainingContainer, reason: str, exit_code: int) -> None:
    sys.stderr.write(f"[ERROR] {reason}\n")
    (container.base / "output").mkdir(parents=True, exist_ok=True)
    (container.base / "output" / "failure").write_text(reason)
    sys.exit(exit_code)
