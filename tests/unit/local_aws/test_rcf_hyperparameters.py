"""RCF's hyperparameters: what is taken and what is the user's fault."""

import pytest

from local_aws.images.algorithms.randomcutforest.hyperparameters import parse
from local_aws.images.toolkit.errors import ClientError


def test_what_is_not_given_has_the_documented_value() -> None:
    # When
    settings = parse({"feature_dim": "48", "_tuning_objective_metric": "test:f1"})

    # Then
    assert (settings.feature_dim, settings.num_trees, settings.num_samples_per_tree) == (48, 100, 256)
    assert settings.eval_metrics == ("accuracy", "precision_recall_fscore")


@pytest.mark.parametrize(
    "values",
    [
        {"feature_dim": "1", "num_trees": "50", "num_samples_per_tree": "1", "eval_metrics": "[]"},
        {
            "feature_dim": "10000",
            "num_trees": "1000",
            "num_samples_per_tree": "2048",
            "eval_metrics": '["accuracy"]',
        },
    ],
    ids=["least", "most"],
)
def test_the_bounds_are_allowed(values: dict[str, str]) -> None:
    assert parse(values).num_trees == int(values["num_trees"])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "'feature_dim' is a required property"),
        ({"feature_dim": "0"}, "'0' is not valid for 'feature_dim': it must be an integer from 1 to 10000"),
        ({"feature_dim": "2", "num_trees": "49"}, "an integer from 50 to 1000"),
        ({"feature_dim": "2", "num_trees": "1001"}, "an integer from 50 to 1000"),
        ({"feature_dim": "2", "num_samples_per_tree": "2049"}, "an integer from 1 to 2048"),
        ({"feature_dim": "2", "num_samples_per_tree": "1.5"}, "an integer from 1 to 2048"),
        ({"feature_dim": "2", "num_trees": "²"}, "an integer from 50 to 1000"),
        ({"feature_dim": "2", "eval_metrics": "f1"}, "'f1' is not valid for 'eval_metrics'"),
        ({"feature_dim": "2", "eval_metrics": '["f1"]'}, "a JSON list out of"),
        ({"feature_dim": "2", "depth": "3"}, "'depth' was unexpected"),
    ],
    ids=str,
)
def test_anything_else_is_refused(values: dict[str, str], said: str) -> None:
    with pytest.raises(ClientError) as raised:
        parse(values)
    assert "(caused by ValidationError)" in str(raised.value)
    assert said in str(raised.value)
