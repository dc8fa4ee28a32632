"""analysis_config.json is checked before anything is computed."""

from pathlib import Path
from typing import Any

import pytest

from local_aws.images.algorithms.clarify import configuration
from local_aws.images.toolkit.errors import ClientError

PREDICTOR = {"model_name": "model", "instance_type": "ml.m5.large", "initial_instance_count": 1}


def document(**changes: Any) -> dict[str, Any]:
    whole = {
        "version": "1.0",
        "dataset_type": "text/csv",
        "headers": ["income", "age", "sex_Female"],
        "label": "income",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "sex_Female", "value_or_threshold": [1]}],
        "methods": {"pre_training_bias": {"methods": "all"}, "shap": {"agg_method": "mean_abs"}},
        "predictor": PREDICTOR,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def test_a_configuration_is_read_with_its_defaults() -> None:
    # When
    analysis = configuration.parse(document())

    # Then
    assert analysis.pre_training == ["all"]
    assert analysis.post_training is None
    assert analysis.probability_threshold == 0.5
    assert analysis.title is None
    assert analysis.predictor is not None
    assert analysis.predictor.endpoint_name_prefix == "sm-clarify"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "2.0"}, "'version' '2.0' is not supported here; give one of 1.0"),
        ({"dataset_type": "application/x-image"}, "'dataset_type' 'application/x-image' is not supported"),
        ({"label": None}, "'label' must be given as name or index, not None"),
        ({"label_values_or_threshold": None}, "need 'label_values_or_threshold'"),
        ({"facet": None}, "Bias metrics need a 'facet'"),
        ({"facet": {"name_or_index": "age"}}, "'facet' must be a list"),
        ({"headers": ["a", "b", "a"]}, "'headers' has names more than once: a"),
        ({"methods": {}}, "'methods' must have one of"),
        ({"methods": {"pdp": {}}}, "methods: pdp not supported here"),
        ({"methods": {"shap": {"agg_method": "sum"}}}, "'methods.shap.agg_method' 'sum' is not supported"),
        ({"predictor": None}, "need a 'predictor' with a model_name"),
        ({"predictor": {"model_name": "m"}}, "'predictor' lacks instance_type, initial_instance_count"),
        ({"predictor": {**PREDICTOR, "accept_type": "image/png"}}, "'predictor.accept_type' 'image/png'"),
        ({"excluded_columns": [0]}, "analysis_config.json: excluded_columns not supported here"),
    ],
)
def test_a_wrong_configuration_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError) as raised:
        configuration.parse(document(**changes))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "There is no analysis_config.json"), ("{", "is not JSON"), ("[]", "must be a JSON object")],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: str | None, said: str) -> None:
    # Given
    path = tmp_path / "analysis_config.json"
    if content is not None:
        path.write_text(content)

    # Then
    with pytest.raises(ClientError, match=said):
        configuration.read(path)
