"""k-NN training: sample the `train` channel, index the sample, measure it on the `test` channel if there is
one."""

import numpy as np

from local_aws.images.algorithms.initialization import log, report, training_channel
from local_aws.images.algorithms.knn.hyperparameters import parse
from local_aws.images.algorithms.knn.index import SEED, KnnModel, Labels
from local_aws.images.algorithms.rows import Matrix, read_channel
from local_aws.images.toolkit import training
from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import Channel, TrainingContainer


def train(container: TrainingContainer) -> None:
    """Train as the container's configuration says, and write the model."""
    settings = parse(container.hyperparameters)
    channels = container.channels
    channel = training_channel(channels)
    log(f"Using hyperparameters: {settings}")
    labels, features = _read(channel, settings.feature_dim)
    _require_valid_labels(labels, settings.predictor_type)
    chosen = _reservoir(len(labels), settings.sample_size)
    log(f"Indexing {len(chosen)} of {len(labels)} records")
    if len(chosen) < settings.k:
        raise ClientError(f"The training data has {len(chosen)} records, fewer than k = {settings.k}.")
    model = KnnModel.fit(settings, labels[chosen], features[chosen])
    model.save(container.model_folder)
    if "test" in channels:
        _evaluate(model, *_read(channels["test"], settings.feature_dim))


def _read(channel: Channel, feature_dim: int) -> tuple[Labels, Matrix]:
    labels, features = read_channel(channel, feature_dim, label_size=1)
    return labels[:, 0], features


def _require_valid_labels(labels: Labels, predictor_type: str) -> None:
    if predictor_type == "classifier" and np.any(labels != np.round(labels)):
        raise ClientError("Labels of a classifier must be whole numbers (the first value of each line).")


def _reservoir(records: int, size: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions of a uniform sample without replacement, from a fixed seed (Vitter's algorithm R)."""
    sample = np.arange(min(records, size))
    if records > size:
        later = np.arange(size, records)
        slots = np.random.default_rng(SEED).integers(0, later + 1)
        kept = slots < size
        sample[slots[kept]] = later[kept]
    return sample


def _evaluate(model: KnnModel, labels: Labels, features: Matrix) -> None:
    batch = model.settings.mini_batch_size
    parts = [
        model.search(features[start : start + batch]).predicted for start in range(0, len(features), batch)
    ]
    predicted = np.concatenate(parts)
    if model.settings.predictor_type == "regressor":
        report("mse", "loss", float(np.mean((predicted - labels) ** 2)))
        return
    report("accuracy", "score", float(np.mean(predicted == labels)))
    report("macro_f_1.000", "score", _macro_f1(labels, predicted))


def _macro_f1(labels: Labels, predicted: Labels) -> float:
    scores = []
    for label in np.unique(np.concatenate([labels, predicted])):
        hits = np.sum((labels == label) & (predicted == label))
        scores.append(2 * hits / (np.sum(labels == label) + np.sum(predicted == label)))
    return float(np.mean(scores))


if __name__ == "__main__":
    training.run(train)
