"""k-NN's hyperparameters: what they may be, and the settings they make.

https://docs.aws.amazon.com/sagemaker/latest/dg/kNN_hyperparameters.html
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from local_aws.images.algorithms.hyperparameters import Allowed, Form, OneOf, Whole, missing, unfit, unknown
from local_aws.images.algorithms.initialization import own, require_none

Predictor = Literal["classifier", "regressor"]
IndexType = Literal["faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"]
Metric = Literal["L2", "COSINE", "INNER_PRODUCT"]
Reduction = Literal["sign", "fjlt"]

_REQUIRED = ("feature_dim", "k", "predictor_type", "sample_size")
_PQ_M = ("1", "2", "3", "4", "8", "12", "16", "20", "24", "28", "32", "40", "48", "56", "64", "96")
KNOWN: Mapping[str, Allowed] = {
    "feature_dim": Whole(1),
    "k": Whole(1),
    "predictor_type": OneOf(("classifier", "regressor")),
    "sample_size": Whole(1),
    "dimension_reduction_target": Whole(1),
    "dimension_reduction_type": OneOf(("sign", "fjlt")),
    "faiss_index_ivf_nlists": Form("auto|0*[1-9][0-9]*", "'auto' or a positive integer"),
    "faiss_index_pq_m": OneOf(_PQ_M),
    "index_metric": OneOf(("L2", "COSINE", "INNER_PRODUCT")),
    "index_type": OneOf(("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ")),
    "mini_batch_size": Whole(1),
}


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
    given = own(values)
    faults = [*missing(given, _REQUIRED), *unknown(given, KNOWN), *unfit(given, KNOWN)]
    require_none(faults or _inconsistent(given))
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


def _inconsistent(given: Mapping[str, str]) -> list[str]:
    faults = []
    if given.get("index_type") == "faiss.IVFPQ" and "faiss_index_pq_m" not in given:
        faults.append("'faiss_index_pq_m' is a required property when index_type is faiss.IVFPQ")
    if ("dimension_reduction_type" in given) != ("dimension_reduction_target" in given):
        faults.append("'dimension_reduction_type' and 'dimension_reduction_target' must be given together")
    if faults:
        return faults
    width, target = int(given["feature_dim"]), int(given.get("dimension_reduction_target", 0))
    if target >= width:
        faults.append(f"'dimension_reduction_target' ({target}) must be less than 'feature_dim' ({width})")
    if "faiss_index_pq_m" in given and (target or width) % int(given["faiss_index_pq_m"]):
        faults.append(f"'faiss_index_pq_m' must divide the index's width, {target or width}")
    if int(given["k"]) > int(given["sample_size"]):
        faults.append(f"'k' ({given['k']}) must not be greater than 'sample_size' ({given['sample_size']})")
    return faults
