from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xgboost

from library.boosting import hyperparameters
from library.boosting.channel import Rows
from library.boosting.cross_validation import cross_validate, train_on_all
from library.boosting.folds import stratified
from library.boosting.hosts import Hosts
from library.boosting.hyperparameters import BOOSTER, InvalidHyperparameterError, parse

CHANGED = {
    "max_depth": 3,
    "eta": 0.07,
    "gamma": 0.6,
    "min_child_weight": 2.5,
    "max_delta_step": 1.5,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "colsample_bylevel": 0.75,
    "lambda": 2.0,
    "alpha": 0.25,
    "scale_pos_weight": 1.5,
}
"""None of them XGBoost's default."""


def rows(count: int = 200) -> Rows:
    draw = np.random.RandomState(1)
    features = draw.normal(size=(count, 4)).astype(np.float32)
    labels = (features[:, 0] + draw.normal(size=count) > 0).astype(np.float32)
    return Rows(labels, features)


def arguments(values: dict[str, Any]) -> list[str]:
    return [text for name, value in values.items() for text in (f"--{name}", str(value))]


def tree_parameters(booster: xgboost.Booster) -> dict[str, str]:
    config: dict[str, str] = json.loads(booster.save_config())["learner"]["gradient_booster"][
        "tree_train_param"
    ]
    return config


def test_every_booster_hyperparameter_is_tried_here() -> None:
    assert CHANGED.keys() == BOOSTER.keys()
    assert all(value != BOOSTER[name].default for name, value in CHANGED.items())


@pytest.mark.parametrize("name", CHANGED)
def test_a_hyperparameter_reaches_the_model(name: str) -> None:
    given = parse(arguments({name: CHANGED[name], "num_round": 3}))

    booster = train_on_all(rows(), given, 3)

    if name == "scale_pos_weight":
        config = json.loads(booster.save_config())["learner"]["objective"]["reg_loss_param"]
    else:
        config = tree_parameters(booster)
    assert float(config[name]) == pytest.approx(CHANGED[name])


@pytest.mark.parametrize("name", CHANGED)
def test_a_hyperparameter_changes_the_objective(name: str) -> None:
    data = rows(400)
    folds = stratified(data, 2, 1, Hosts())
    common = {"num_round": 20, "nfold": 2, "eval_metric": "logloss"}

    plain, changed = (
        cross_validate(data, folds, parse(arguments({**common, **given})), Hosts()).predictions
        for given in ({}, {name: CHANGED[name]})
    )

    assert not np.array_equal(plain, changed)


def test_folds_and_final_model_are_given_the_same_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    given = parse(
        arguments({**CHANGED, "num_round": 9, "early_stopping_rounds": 4, "nfold": 3, "eval_metric": "aucpr"})
    )
    calls = []
    train = xgboost.train

    def spy(parameters: dict[str, Any], *positional: Any, **named: Any) -> xgboost.Booster:
        calls.append((parameters, named.get("num_boost_round"), named.get("early_stopping_rounds")))
        return train(parameters, *positional, **named)

    monkeypatch.setattr(xgboost, "train", spy)
    data = rows()
    cross_validate(data, stratified(data, 3, 0, Hosts()), given, Hosts())
    train_on_all(data, given, 5)

    assert [call[1:] for call in calls] == [(9, 4)] * 3 + [(5, None)]
    for parameters, _, _ in calls:
        assert {name: parameters[name] for name in CHANGED} == CHANGED
        assert parameters["eval_metric"] == "aucpr"
        assert parameters["objective"] == hyperparameters.OBJECTIVE


def test_xgboosts_own_defaults() -> None:
    booster = xgboost.train(
        {"objective": "binary:logistic"}, xgboost.DMatrix(rows().features, rows().labels), 1
    )
    defaults = tree_parameters(booster)

    for name, allowed in BOOSTER.items():
        if name != "scale_pos_weight":
            assert float(defaults[name]) == pytest.approx(allowed.default), name


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"max_dept": 3}, "--max_dept 3: no such hyperparameter, there are max_depth, eta, gamma"),
        ({"eta": 0}, "hyperparameter eta: '0' is not a number greater than 0 to 1"),
        ({"eta": "fast"}, "hyperparameter eta: 'fast' is not a number greater than 0 to 1"),
        ({"max_depth": 2.5}, "hyperparameter max_depth: '2.5' is not a whole number from 1 to 30"),
        ({"gamma": "nan"}, "hyperparameter gamma: 'nan' is not a number from 0"),
        ({"lambda": -1}, "hyperparameter lambda: '-1' is not a number from 0"),
        ({"nfold": 1}, "hyperparameter nfold: '1' is not a whole number from 2 to 100"),
        ({"eval_metric": "rmse"}, "hyperparameter eval_metric: invalid choice: 'rmse'"),
    ],
)
def test_a_wrong_hyperparameter_is_named(given: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidHyperparameterError) as caught:
        parse(arguments(given))

    assert text in str(caught.value)
