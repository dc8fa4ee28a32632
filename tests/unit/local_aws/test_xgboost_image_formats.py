"""What the XGBoost image reads and writes, and the settings that hyperparameters make."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from local_aws.images.algorithms.rows import MalformedRowError, parse_csv
from local_aws.images.algorithms.xgboost.hyperparameters import parse
from local_aws.images.algorithms.xgboost.libsvm import parse_libsvm
from local_aws.images.algorithms.xgboost.script_training import arguments, run_script
from local_aws.images.catalogue import PROJECT, named
from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import TrainingContainer
from settings.hyperparameters import ALGORITHMS


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"label,age\n1,2\n", "line 1: 'label' is not a number (a header is not allowed): 'label,age'"),
        (b"1,2\n1,two\n", "line 2: 'two' is not a number: '1,two'"),
        (b"1,2\n1,2,3\n", "line 2 has 3 values, but the first has 2: '1,2,3'"),
        (b"1,2\n1,inf\n", "line 2: 'inf' is not a finite number: '1,inf'"),
    ],
)
def test_a_malformed_csv_row_is_named(text: bytes, fault: str) -> None:
    with pytest.raises(MalformedRowError) as refused:
        parse_csv(text, with_gaps=True)
    assert str(refused.value) == fault


def test_an_empty_csv_field_is_a_missing_value() -> None:
    rows = parse_csv(b"1,,3\r\n4,5,\r\n,8,9", with_gaps=True)
    np.testing.assert_array_equal(rows, [[1, np.nan, 3], [4, 5, np.nan], [np.nan, 8, 9]])


def test_libsvm_rows_may_lack_columns_and_labels() -> None:
    rows = parse_libsvm(b"1 0:0.5 2:3 # first\n\n0 1:2\n0:7\n")
    assert rows.labels.tolist() == [1, 0, 0]
    assert rows.features.toarray().tolist() == [[0.5, 0, 3], [0, 2, 0], [7, 0, 0]]


@pytest.mark.parametrize("line", [b"1 a:2", b"x 0:2", b"1 0:2 3", b"1 -1:2"])
def test_a_malformed_libsvm_row_is_named(line: bytes) -> None:
    with pytest.raises(MalformedRowError, match="line 2 "):
        parse_libsvm(b"1 0:1\n" + line)


def test_settings_from_hyperparameters() -> None:
    # When
    settings = parse(
        {
            "num_round": "20",
            "learning_rate": "0.1",
            "objective": "binary:logistic",
            "eval_metric": "auc,accuracy,logloss",
            "early_stopping_rounds": "3",
            "_tuning_objective_metric": "validation:auc",
        }
    )
    # Then the metric that tuning is for comes last, as the last one stops early
    assert settings.parameters == {
        "eta": "0.1",
        "objective": "binary:logistic",
        "eval_metric": ["logloss", "auc"],
    }
    assert settings.computed_metrics == ("accuracy",)
    assert (settings.early_stopping_metric, settings.maximizes) == ("auc", True)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"silent": "0"}, "'silent' was unexpected"),
        ({"eta": "2"}, "'2' is not valid for 'eta': it must be a number in [0, 1]"),
        ({"subsample": "0"}, "'0' is not valid for 'subsample': it must be a number in (0, 1]"),
        ({"objective": "multi:softmax"}, "'num_class' is required for multi:softmax"),
    ],
    ids=str,
)
def test_a_bad_hyperparameter_is_the_users_fault(values: dict[str, str], reason: str) -> None:
    with pytest.raises(ClientError) as raised:
        parse({"num_round": "1", **values})
    assert reason in str(raised.value)


@pytest.mark.parametrize("tag", ["1.7-1", "3.2-0"])
def test_the_image_tells_every_metric_that_tuning_may_be_for(tag: str) -> None:
    assert set(ALGORITHMS["xgboost"].objectives) <= set(named(f"sagemaker-xgboost:{tag}").metrics)


def test_a_scripts_arguments() -> None:
    values = {"max_depth": 3, "b": True, "name": "a b"}
    assert arguments(values) == ["-b", "True", "--max_depth", "3", "--name", "a b"]


def test_a_script_knows_the_other_hosts_but_not_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given a container of several hosts, where a folder on the path tells Python their names
    monkeypatch.setenv("PYTHONPATH", f"/names{os.pathsep}{PROJECT}")
    (tmp_path / "script.py").write_text("import os; print('PATH', os.environ['PYTHONPATH'])")
    configuration = tmp_path / "input" / "config" / "hyperparameters.json"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(
        json.dumps({"sagemaker_program": "script.py", "sagemaker_submit_directory": str(tmp_path)})
    )

    # When
    run_script(TrainingContainer(tmp_path))

    # Then
    assert f"PATH {tmp_path}{os.pathsep}/names\n" in capfd.readouterr().out
