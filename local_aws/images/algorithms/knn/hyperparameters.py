"""k-NN's hyperparameters: what they may be, and the settings they make.

https://docs.aws.amazon.com/sagemaker/latest/dg/kNN_hyperparameters.html
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from local_aws.images.toolkit.errors import ClientError

Predictor = Literal["classifier", "regressor"]
IndexType = Literal["faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"]
Metric = Literal["L2", "COSINE", "INNER_PRODUCT"]
Reduction = Literal["sign", "fjlt"]

_REQUIRED = ("feature_dim", "k", "predictor_type", "sample_size")
_POSITIVE = ("feature_dim", "k", "sample_size", "mini_batch_size", "dimension_reduction_target")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "predictor_type": ("classifier", "regressor"),
    "index_type": ("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"),
    "index_metric": ("L2", "COSINE", "INNER_PRODUCT"),
    "dimension_reduction_type": ("sign", "fjlt"),
}
_PQ_M = ("1", "2", "3", "4", "8", "12", "16", "20", "24", "28", "32", "40", "48", "56", "64", "96")
_KNOWN = {*_REQUIRED, *_POSITIVE, *_CHOICES, "faiss_index_ivf_nlists", "faiss_index_pq_m"}


@dataclass(frozen=True)
class Settings:
    """Validated hyperparameters."""

    feature_dim: int
    k: int
    predictor_type: Predictor
    sample_size: int
    index_type: IndexType
    index_metric: Metric
    mini_batch_size: int
    dimension_reduction_type: Reduction | None
    dimension_reduction_target: int | None
    ivf_nlists: int
    pq_m: int

    @property
    def index_dim(self) -> int:
        """Width of the vectors in the index."""
        return self.dimension_reduction_target or self.feature_dim


def parse(values: Mapping[str, str]) -> Settings:
    """The settings that a job's hyperparameters make.

    Raises:
        ClientError: a hyperparameter is missing, unknown or out of range; the text names the first.
    """
    given = {name: value for name, value in values.items() if not name.startswith("_")}
    faults = [*_missing(given), *_unknown(given), *_out_of_range(given), *_inconsistent(given)]
    if faults:
        raise ClientError(
            "Unable to initialize the algorithm. Failed to validate user-provided hyperparameters. "
            f"(caused by ValidationError)\n\nCaused by: {faults[0]}"
        )
    sample_size = int(given["sample_size"])
    nlists = given.get("faiss_index_ivf_nlists", "auto")
    reduction = given.get("dimension_reduction_type")
    return Settings(
        feature_dim=int(given["feature_dim"]),
        k=int(given["k"]),
        predictor_type=cast(Predictor, given["predictor_type"]),
        sample_size=sample_size,
        index_type=cast(IndexType, given.get("index_type", "faiss.Flat")),
        index_metric=cast(Metric, given.get("index_metric", "L2")),
        mini_batch_size=int(given.get("mini_batch_size", 5000)),
        dimension_reduction_type=cast(Reduction, reduction) if reduction else None,
        dimension_reduction_target=int(given["dimension_reduction_target"]) if reduction else None,
        ivf_nlists=max(1, math.isqrt(sample_size)) if nlists == "auto" else int(nlists),
        pq_m=int(given.get("faiss_index_pq_m", 0)),
    )


def _missing(given: Mapping[str, str]) -> list[str]:
    return [f"'{name}' is a required property" for name in _REQUIRED if name not in given]


def _unknown(given: Mapping[str, str]) -> list[str]:
    unknown = sorted(set(given) - _KNOWN)
    return [f"Additional properties are not allowed ('{name}' was unexpected)" for name in unknown]


def _out_of_range(given: Mapping[str, str]) -> list[str]:
    faults = [
        f"'{given[name]}' is not valid for '{name}': it must be a positive integer"
        for name in _POSITIVE
        if name in given and not _is_positive(given[name])
    ]
    choices = {**_CHOICES, "faiss_index_pq_m": _PQ_M}
    faults += [
        f"'{given[name]}' is not one of {list(allowed)} for '{name}'"
        for name, allowed in choices.items()
        if name in given and given[name] not in allowed
    ]
    nlists = given.get("faiss_index_ivf_nlists", "auto")
    if nlists != "auto" and not _is_positive(nlists):
        faults.append(f"'{nlists}' is not valid for 'faiss_index_ivf_nlists': 'auto' or a positive integer")
    return faults


def _inconsistent(given: Mapping[str, str]) -> list[str]:
    faults = []
    if given.get("index_type") == "faiss.IVFPQ" and "faiss_index_pq_m" not in given:
        faults.append("'faiss_index_pq_m' is a required property when index_type is faiss.IVFPQ")
    if ("dimension_reduction_type" in given) != ("dimension_reduction_target" in given):
        faults.append("'dimension_reduction_type' and 'dimension_reduction_target' must be given together")
    if faults or _missing(given) or _out_of_range(given):
        return faults
    width, target = int(given["feature_dim"]), int(given.get("dimension_reduction_target", 0))
    if target >= width:
        faults.append(f"'dimension_reduction_target' ({target}) must be less than 'feature_dim' ({width})")
    if "faiss_index_pq_m" in given and (target or width) % int(given["faiss_index_pq_m"]):
        faults.append(f"'faiss_index_pq_m' must divide the index's width, {target or width}")
    if int(given["k"]) > int(given["sample_size"]):
        faults.append(f"'k' ({given['k']}) must not be greater than 'sample_size' ({given['sample_size']})")
    return faults


def _is_positive(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0
