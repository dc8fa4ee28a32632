"""Whether labels fit the objective; XGBoost itself tells some faults late, some not at all."""

import numpy as np

from local_aws.images.algorithms.rows import Matrix
from local_aws.images.algorithms.xgboost.hyperparameters import Settings
from local_aws.images.toolkit.errors import ClientError


def require_fitting_labels(channel: str, labels: Matrix, settings: Settings) -> None:
    """Refuse labels that the objective can't be trained or measured on.

    Raises:
        ClientError: names the channel, what its labels are and what they must be.
    """
    objective = settings.objective
    low, high = float(labels.min()), float(labels.max())
    if objective.startswith(("binary:", "reg:logistic")) and (low < 0 or high > 1):
        raise _fault(channel, objective, f"from {low:g} to {high:g}", "in [0,1]")
    if objective.startswith("binary:") and low == high:
        raise _fault(channel, objective, f"all {low:g}", "of two classes")
    if objective.startswith("multi:"):
        classes = int(settings.parameters["num_class"])
        if low < 0 or high >= classes or np.any(labels != np.round(labels)):
            allowed = f"whole numbers in [0, num_class), num_class being {classes}"
            raise _fault(channel, objective, f"from {low:g} to {high:g}", allowed)
    if objective in ("count:poisson", "reg:tweedie", "reg:gamma") and low < 0:
        raise _fault(channel, objective, f"from {low:g}", "nonnegative")


def _fault(channel: str, objective: str, found: str, allowed: str) -> ClientError:
    return ClientError(
        f"The labels of channel '{channel}' are {found}; for {objective}, labels must be {allowed}."
    )
