"""k-NN's hyperparameters: what is the user's fault."""

import pytest

from local_aws.images.algorithms.knn.hyperparameters import parse
from local_aws.images.toolkit.errors import ClientError

COMPLETE = {"feature_dim": "2", "k": "3", "predictor_type": "classifier", "sample_size": "1000"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"k": None}, "'k' is a required property"),
        ({"depth": "3"}, "'depth' was unexpected"),
        ({"k": "none"}, "'none' is not valid for 'k': it must be an integer of at least 1"),
        ({"k": "1001"}, "'k' (1001) must not be greater than 'sample_size' (1000)"),
        ({"predictor_type": "ranker"}, "'ranker' is not one of ['classifier', 'regressor']"),
        ({"dimension_reduction_type": "sign"}, "must be given together"),
        ({"dimension_reduction_type": "sign", "dimension_reduction_target": "2"}, "must be less than"),
        ({"index_type": "faiss.IVFPQ"}, "'faiss_index_pq_m' is a required property"),
        ({"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "3"}, "must divide the index's width, 2"),
    ],
    ids=str,
)
def test_a_fault_is_named(change: dict[str, str | None], said: str) -> None:
    values = {name: value for name, value in {**COMPLETE, **change}.items() if value is not None}
    with pytest.raises(ClientError) as raised:
        parse(values)
    assert "(caused by ValidationError)" in str(raised.value)
    assert said in str(raised.value)
