"""RCF training: grow a forest from the `train` channel, measure it on the labelled `test` channel if there is
one."""

import numpy as np
import numpy.typing as npt

from local_aws.images.algorithms.initialization import log, report, training_channel
from local_aws.images.algorithms.randomcutforest.forest import ForestModel, Scores
from local_aws.images.algorithms.randomcutforest.hyperparameters import parse
from local_aws.images.algorithms.rows import Matrix, read_channel
from local_aws.images.toolkit import training
from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import TrainingContainer

_DEVIATIONS = 3

Flags = npt.NDArray[np.bool_]


def train(container: TrainingContainer) -> None:
    """Train as the container's configuration says, and write the model."""
    settings = parse(container.hyperparameters)
    channels = container.channels
    channel = training_channel(channels)
    log(f"Using hyperparameters: {settings}")
    _, rows = read_channel(channel, settings.feature_dim, label_size=0)
    log(f"Growing {settings.num_trees} trees from {len(rows)} records")
    model = ForestModel.fit(settings, rows)
    model.save(container.model_folder)
    if "test" in channels:
        _evaluate(model, *read_channel(channels["test"], settings.feature_dim, label_size=1))


def _evaluate(model: ForestModel, labels: Matrix, rows: Matrix) -> None:
    """Report how well the scores beyond three standard deviations tell the anomalies, labelled 1."""
    if np.any((labels != 0) & (labels != 1)):
        raise ClientError("Labels of the test channel must be 0 or 1 (the first value of each line).")
    anomalous, flagged = labels[:, 0] == 1, _flagged(model.score(rows))
    if "accuracy" in model.settings.eval_metrics:
        report("accuracy", "score", float(np.mean(anomalous == flagged)))
    if "precision_recall_fscore" in model.settings.eval_metrics:
        found = int(np.sum(anomalous & flagged))
        report("precision", "score", _ratio(found, int(flagged.sum())))
        report("recall", "score", _ratio(found, int(anomalous.sum())))
        report("f1", "score", _ratio(2 * found, int(flagged.sum()) + int(anomalous.sum())))


def _flagged(scores: Scores) -> Flags:
    flags: Flags = scores > scores.mean() + _DEVIATIONS * scores.std()
    return flags


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


if __name__ == "__main__":
    training.run(train)
