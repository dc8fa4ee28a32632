"""The rules of SageMaker's k-NN, for values from settings and for text from an execution's input."""

import json

import pytest

from settings.hyperparameters import ALGORITHMS, Hyperparameter, problems

REQUIRED: dict[str, object] = {"feature_dim": 8, "k": 10, "predictor_type": "classifier", "sample_size": 100}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"k": "10", "sample_size": "100000"},
        {"predictor_type": "regressor"},
        {"index_type": "faiss.Flat", "index_metric": "COSINE", "mini_batch_size": 5000},
        {"index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": "auto", "index_metric": "INNER_PRODUCT"},
        {
            "index_type": "faiss.IVFPQ",
            "faiss_index_ivf_nlists": 10,
            "faiss_index_pq_m": 4,
            "index_metric": "L2",
        },
        {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "3"},
        {"dimension_reduction_type": "sign", "dimension_reduction_target": 7},
        {"dimension_reduction_type": "fjlt", "dimension_reduction_target": "1"},
    ],
)
def test_good_values(values: dict[str, object]) -> None:
    assert problems("knn", {**REQUIRED, **values}) == []


@pytest.mark.parametrize("name", REQUIRED)
def test_required(name: str) -> None:
    # Given
    values = {key: value for key, value in REQUIRED.items() if key != name}
    # When
    (problem,) = problems("knn", values)
    # Then
    assert problem.startswith(f"{name}: missing; knn needs it: ")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("k", 0, "k: 0 is not allowed; k is a whole number of at least 1"),
        ("k", "-1", 'k: "-1" is not allowed; k is a whole number of at least 1'),
        ("k", 2.5, "k: 2.5 is not allowed; k is a whole number"),
        ("k", 2.0, "k: 2.0 is not allowed; k is a whole number"),
        ("k", "1_0", 'k: "1_0" is not allowed; k is a whole number'),
        ("k", "", 'k: "" is not allowed; k is a whole number'),
        ("k", " 5", 'k: " 5" is not allowed; k is a whole number'),
        ("k", "5\n", 'k: "5\\n" is not allowed; k is a whole number'),
        ("k", "٣", "is not allowed; k is a whole number"),
        ("k", "nan", 'k: "nan" is not allowed; k is a whole number'),
        ("k", True, "k: true is not allowed; k is a whole number"),
        ("k", None, "k: null is not allowed; k is a whole number"),
        ("k", [1], "k: [1] is not allowed; k is a whole number"),
        ("k", "9" * 400, "is not allowed; k is a whole number"),
        ("feature_dim", 0, "feature_dim: 0 is not allowed; feature_dim is a whole number of at least 1"),
        ("sample_size", 0, "sample_size: 0 is not allowed; sample_size is a whole number of at least 1"),
        ("predictor_type", "Classifier", "predictor_type is one of classifier, regressor"),
        ("index_type", "faiss.flat", "index_type is one of faiss.Flat, faiss.IVFFlat, faiss.IVFPQ"),
        ("index_metric", "l2", "index_metric is one of L2, INNER_PRODUCT, COSINE"),
        ("mini_batch_size", 0, "mini_batch_size is a whole number of at least 1"),
        ("dimension_reduction_type", "pca", "dimension_reduction_type is one of sign, fjlt"),
        ("index_typ", "faiss.Flat", "index_typ: unknown hyperparameter; did you mean index_type? Known: "),
        ("zzz", 1, "zzz: unknown hyperparameter; Known: dimension_reduction_target, "),
    ],
)
def test_bad_value(name: str, value: object, problem: str) -> None:
    assert any(problem in text for text in problems("knn", {**REQUIRED, name: value}))


@pytest.mark.parametrize(
    ("values", "name", "allowed"),
    [
        (
            {"dimension_reduction_target": 3},
            "dimension_reduction_target",
            "only used with dimension_reduction_type: set it to sign or fjlt",
        ),
        (
            {"dimension_reduction_type": "fjlt", "dimension_reduction_target": "8"},
            "dimension_reduction_target",
            "less than feature_dim (8)",
        ),
        (
            {"index_type": "faiss.IVFPQ", "index_metric": "COSINE"},
            "index_metric",
            "L2 when index_type is faiss.IVFPQ",
        ),
        (
            {"faiss_index_ivf_nlists": 4},
            "faiss_index_ivf_nlists",
            "only used when index_type is faiss.IVFFlat or faiss.IVFPQ",
        ),
        (
            {"index_type": "faiss.IVFFlat", "faiss_index_pq_m": 4},
            "faiss_index_pq_m",
            "only used when index_type is faiss.IVFPQ",
        ),
        (
            {"index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": 101},
            "faiss_index_ivf_nlists",
            "at most sample_size (100), as each centroid needs a point",
        ),
        (
            {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": 5},
            "faiss_index_pq_m",
            "one of 1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96",
        ),
    ],
)
def test_rules_between_values(values: dict[str, object], name: str, allowed: str) -> None:
    # When
    found = problems("knn", {**REQUIRED, **values})
    # Then
    assert found == [f"{name}: {json.dumps(values[name])} is not allowed; {name} is {allowed}"]


def test_dimension_reduction_needs_a_target() -> None:
    # When
    (problem,) = problems("knn", {**REQUIRED, "dimension_reduction_type": "sign"})
    # Then
    assert problem.startswith("dimension_reduction_target: missing; dimension_reduction_type needs it")


def test_every_fault_is_told() -> None:
    texts = problems("knn", {"k": 0, "index_type": "faiss.IVFPQ", "index_metric": "COSINE"})
    assert [text.partition(":")[0] for text in texts] == [
        "feature_dim",
        "k",
        "predictor_type",
        "sample_size",
        "index_metric",
    ]


@pytest.mark.parametrize(
    ("value", "admitted"),
    [
        (0.1, True),
        ("1e-3", True),
        (".5", True),
        ("1.", True),
        (1, True),
        (1.1, False),
        ("x", False),
        ("1e999", False),
    ],
)
def test_a_continuous_hyperparameter(value: object, admitted: bool) -> None:
    specification = Hyperparameter(type="continuous", minimum=0, maximum=1)
    assert specification.admits(value) is admitted
    assert specification.allowed == "a number from 0 to 1"


def test_only_numbers_are_tunable_in_knn() -> None:
    tunable = [name for name, value in ALGORITHMS["knn"].hyperparameters.items() if value.tunable]
    assert tunable == ["k", "sample_size"]
