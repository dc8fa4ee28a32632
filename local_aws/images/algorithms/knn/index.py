"""The index of a trained model: built by faiss from a sample, saved, loaded and searched."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from local_aws.images.algorithms.knn.hyperparameters import Settings
from local_aws.images.algorithms.rows import Matrix

SEED = 1234
# Share of an inverted file's lists that a search looks into; AWS doesn't document its own.
_PROBED_SHARE = 1 / 16
_CORES = faiss.omp_get_max_threads()

Labels = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Neighbours:
    """For each row searched: its nearest samples' labels and distances (ascending), and the label they
    predict.

    Distances: L2 squared, as faiss measures it; 1 - cosine; minus the inner product.
    """

    predicted: Labels
    labels: Labels
    distances: npt.NDArray[np.float32]


@dataclass(frozen=True)
class KnnModel:
    """A searchable index of labelled samples."""

    settings: Settings
    labels: Labels
    index: faiss.Index
    projection: Matrix | None

    @classmethod
    def fit(cls, settings: Settings, labels: Labels, features: Matrix) -> "KnnModel":
        """Index these samples."""
        projection = _projection(settings)
        vectors = _prepared(features, settings, projection)
        index = _empty_index(settings, len(vectors))
        if not index.is_trained:
            index.train(vectors)
        index.add(vectors)
        return cls(settings, labels, index, projection)

    @classmethod
    def load(cls, folder: Path) -> "KnnModel":
        """The model that `save` wrote to `folder`; raises OSError or ValueError if there is none."""
        settings = Settings(**json.loads((folder / "settings.json").read_text()))
        with np.load(folder / "samples.npz", allow_pickle=False) as samples:
            labels = samples["labels"]
            projection = samples.get("projection")
        return cls(settings, labels, faiss.read_index(str(folder / "index.faiss")), projection)

    def save(self, folder: Path) -> None:
        """Write the model to `folder`."""
        (folder / "settings.json").write_text(json.dumps(dataclasses.asdict(self.settings), indent=2))
        arrays = {"labels": self.labels}
        if self.projection is not None:
            arrays["projection"] = self.projection
        np.savez(folder / "samples.npz", **arrays)  # type: ignore[arg-type]
        faiss.write_index(self.index, str(folder / "index.faiss"))

    def search(self, features: Matrix) -> Neighbours:
        """The neighbours of each row, and what they predict: the most frequent label, or the labels' mean."""
        vectors = _prepared(features, self.settings, self.projection)
        # faiss deals a batch out by rows: for a single one, waking further threads only takes time.
        faiss.omp_set_num_threads(1 if len(vectors) == 1 else _CORES)
        scores, positions = self.index.search(vectors, self.settings.k)
        # An inverted file may find fewer than k neighbours, and says so by -1: repeat the nearest one.
        positions = np.where(positions < 0, positions[:, :1], positions)
        labels = self.labels[positions]
        return Neighbours(self._predict(labels), labels, self._distances(scores))

    def _predict(self, labels: Labels) -> Labels:
        if self.settings.predictor_type == "regressor":
            means: Labels = labels.mean(axis=1)
            return means
        classes, codes = np.unique(labels, return_inverse=True)
        codes = codes.reshape(labels.shape) + len(classes) * np.arange(len(labels))[:, None]
        votes = np.bincount(codes.ravel(), minlength=len(classes) * len(labels)).reshape(-1, len(classes))
        elected: Labels = classes[votes.argmax(axis=1)]
        return elected

    def _distances(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if self.settings.index_metric == "COSINE":
            return 1 - scores
        return -scores if self.settings.index_metric == "INNER_PRODUCT" else scores


def _empty_index(settings: Settings, samples: int) -> faiss.Index:
    width = settings.index_dim
    by_l2 = settings.index_metric == "L2"
    metric = faiss.METRIC_L2 if by_l2 else faiss.METRIC_INNER_PRODUCT
    flat = faiss.IndexFlatL2(width) if by_l2 else faiss.IndexFlatIP(width)
    if settings.index_type == "faiss.Flat":
        return flat
    lists = min(settings.ivf_nlists, samples)
    if settings.index_type == "faiss.IVFFlat":
        index = faiss.IndexIVFFlat(flat, width, lists, metric)
    else:
        bits = min(8, max(1, samples.bit_length() - 1))
        index = faiss.IndexIVFPQ(flat, width, lists, settings.pq_m, bits, metric)
    index.own_fields = True
    flat.this.disown()
    index.nprobe = max(1, round(lists * _PROBED_SHARE))
    return index


def _prepared(features: Matrix, settings: Settings, projection: Matrix | None) -> Matrix:
    vectors = features if projection is None else features @ projection
    if settings.index_metric == "COSINE":
        vectors = np.array(vectors, np.float32)
        faiss.normalize_L2(vectors)
    return np.ascontiguousarray(vectors, np.float32)


def _projection(settings: Settings) -> Matrix | None:
    """The random projection of the dimension reduction, drawn from a fixed seed."""
    if settings.dimension_reduction_type is None:
        return None
    shape = (settings.feature_dim, settings.index_dim)
    rng = np.random.default_rng(SEED)
    if settings.dimension_reduction_type == "sign":
        signs = rng.choice(np.array([-1.0, 1.0], np.float32), shape)
        projection: Matrix = (signs / np.sqrt(settings.index_dim)).astype(np.float32)
        return projection
    return _fast_johnson_lindenstrauss(rng, *shape)


def _fast_johnson_lindenstrauss(rng: np.random.Generator, width: int, target: int) -> Matrix:
    """A sampled, randomised Hadamard transform of `width` columns to `target` (Ailon and Chazelle)."""
    size = 1 << (width - 1).bit_length()
    hadamard = np.ones((1, 1))
    while len(hadamard) < size:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    signs = rng.choice((-1.0, 1.0), size)
    columns = rng.choice(size, target, replace=False)
    transform: Matrix = ((signs[:, None] * hadamard)[:width, columns] / np.sqrt(target)).astype(np.float32)
    return transform
