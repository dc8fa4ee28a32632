"""How k-NN and random cut forest begin, and what they log."""

import sys
import time
from collections.abc import Mapping, Sequence

from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import Channel

_PREFIX = "Unable to initialize the algorithm. Failed to validate"


def own(values: Mapping[str, str]) -> dict[str, str]:
    """The hyperparameters that are the algorithm's; a tuning job adds one of its own."""
    return {name: value for name, value in values.items() if not name.startswith("_")}


def require_none(faults: Sequence[str]) -> None:
    """Raise ClientError with the first fault of the hyperparameters, if there is one."""
    if faults:
        raise ClientError(
            f"{_PREFIX} user-provided hyperparameters. (caused by ValidationError)\n\nCaused by: {faults[0]}"
        )


def training_channel(channels: Mapping[str, Channel]) -> Channel:
    """The channel `train`; raises ClientError if there is none."""
    if "train" not in channels:
        raise ClientError(
            f"{_PREFIX} input data configuration. "
            "(caused by ValidationError)\n\nCaused by: 'train' is a required property"
        )
    return channels["train"]


def report(metric: str, kind: str, value: float) -> None:
    """Log a metric of the test channel; `kind` is `score` or `loss`."""
    log(f"#quality_metric: host=algo-1, test {metric} <{kind}>={value}")


def log(text: str) -> None:
    """Write a line to the job's log."""
    sys.stdout.write(f"[{time.strftime('%m/%d/%Y %H:%M:%S')} INFO] {text}\n")
    sys.stdout.flush()
