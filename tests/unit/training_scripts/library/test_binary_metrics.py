from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from library import binary_metrics

CUTOFF = 0.5


def results_of(labels: list[int], probabilities: list[float]) -> binary_metrics.BinaryResults:
    return binary_metrics.BinaryResults(np.array(labels), np.array(probabilities), CUTOFF)


def some_results(count: int, seed: int = 0, decimals: int = 2) -> binary_metrics.BinaryResults:
    """Labels, a quarter of them 1, and probabilities that know something of them; many are tied."""
    draw = np.random.RandomState(seed)
    labels = (draw.random_sample(count) < 0.25).astype(np.int64)
    probabilities = np.clip(0.35 * labels + 0.65 * draw.random_sample(count), 0, 1).round(decimals)
    return binary_metrics.BinaryResults(labels, probabilities, CUTOFF)


def group_of(results: binary_metrics.BinaryResults) -> dict[str, Any]:
    group: dict[str, Any] = binary_metrics.evaluation(results)["binary_classification_metrics"]
    return group


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("decimals", [1, 2, 9])
def test_values_are_those_of_scikit_learn(seed: int, decimals: int) -> None:
    # Given
    results = some_results(700, seed, decimals)
    labels, predicted = results.labels, results.predicted

    # When
    group = group_of(results)

    # Then
    no_one: dict[str, Any] = {"zero_division": 0}
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "recall": metrics.recall_score(labels, predicted, **no_one),
        "precision": metrics.precision_score(labels, predicted, **no_one),
        "f0_5": metrics.fbeta_score(labels, predicted, beta=0.5, **no_one),
        "f1": metrics.fbeta_score(labels, predicted, beta=1, **no_one),
        "f2": metrics.fbeta_score(labels, predicted, beta=2, **no_one),
        "true_negative_rate": metrics.recall_score(labels, predicted, pos_label=0, **no_one),
        "auc": metrics.roc_auc_score(labels, results.probabilities),
    }
    assert {name: group[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-12)
    confusion = [[group["confusion_matrix"][row][column] for column in "01"] for row in "01"]
    assert confusion == metrics.confusion_matrix(labels, predicted).tolist()


def test_probability_metrics_are_those_of_scikit_learn() -> None:
    results = some_results(700)

    group: dict[str, Any] = binary_metrics.evaluation(results)["probability_metrics"]

    assert {name: metric["value"] for name, metric in group.items()} == pytest.approx(
        {
            "brier_score": metrics.brier_score_loss(results.labels, results.probabilities),
            "log_loss": metrics.log_loss(results.labels, results.probabilities),
        },
        abs=1e-9,
    )


def test_curves_are_those_of_scikit_learn() -> None:
    # Given
    results = some_results(700)

    # When
    curves = results.curves()

    # Then
    false, true, _ = metrics.roc_curve(results.labels, results.probabilities, drop_intermediate=False)
    precisions, recalls, _ = metrics.precision_recall_curve(results.labels, results.probabilities)
    assert curves.false_positive_rates == pytest.approx(false)
    assert curves.true_positive_rates == pytest.approx(true)
    assert curves.precisions == pytest.approx(precisions[::-1])
    assert curves.true_positive_rates == pytest.approx(recalls[::-1])


def test_curves_in_the_report_are_thinned_and_keep_their_ends() -> None:
    group = group_of(some_results(5_000, decimals=9))

    roc = group["receiver_operating_characteristic_curve"]
    assert len(roc["false_positive_rates"]) == len(roc["true_positive_rates"]) == 200
    assert (roc["false_positive_rates"][0], roc["true_positive_rates"][0]) == (0, 0)
    assert (roc["false_positive_rates"][-1], roc["true_positive_rates"][-1]) == (1, 1)
    assert len(group["precision_recall_curve"]["precisions"]) == 200


def test_small_case_by_hand() -> None:
    # Given two of each class; of the four pairs three are ranked right and one is tied
    results = results_of([1, 1, 0, 0], [0.9, 0.4, 0.4, 0.1])

    # When
    group = group_of(results)

    # Then
    assert group["confusion_matrix"] == {"0": {"0": 2, "1": 0}, "1": {"0": 1, "1": 1}}
    assert {name: group[name]["value"] for name in ("auc", "accuracy", "recall", "precision")} == {
        "auc": 3.5 / 4,
        "accuracy": 0.75,
        "recall": 0.5,
        "precision": 1.0,
    }
    assert group["f2"]["value"] == pytest.approx(5 * 0.5 / (4 * 1.0 + 0.5))
    assert group["auc"]["standard_deviation"] == "NaN"


def test_a_probability_at_the_cutoff_is_class_1() -> None:
    assert results_of([0, 1], [0.49999, 0.5]).predicted.tolist() == [0, 1]


def test_best_constant_classifier_is_the_majority_class() -> None:
    mostly_0, mostly_1 = (
        group_of(results_of([0, 0, 0, 1], [0.5] * 4)),
        group_of(results_of([0, 1, 1, 1], [0.5] * 4)),
    )

    assert mostly_0["accuracy_best_constant_classifier"]["value"] == 0.75
    assert mostly_0["recall_best_constant_classifier"]["value"] == 0
    assert mostly_1["accuracy_best_constant_classifier"]["value"] == 0.75
    assert mostly_1["recall_best_constant_classifier"]["value"] == 1
    assert mostly_1["f1_best_constant_classifier"]["value"] == pytest.approx(2 * 0.75 / 1.75)


def test_calibration_has_a_bin_for_each_tenth_that_occurs() -> None:
    bins = results_of([0, 1, 0, 1, 1], [0.0, 0.04, 0.55, 0.59, 1.0]).calibration()

    assert [(found.records, found.share_of_class_1) for found in bins] == [(2, 0.5), (2, 0.5), (1, 1.0)]
    assert [found.mean_probability for found in bins] == pytest.approx([0.02, 0.57, 1.0])


def test_standard_deviation_of_the_accuracy_is_near_its_formula() -> None:
    accuracy = group_of(some_results(2_000))["accuracy"]

    theory = (accuracy["value"] * (1 - accuracy["value"]) / 2_000) ** 0.5
    assert accuracy["standard_deviation"] == pytest.approx(theory, rel=0.2)


def test_standard_deviation_of_the_auc_is_near_its_formula() -> None:
    # Given
    results = some_results(2_000)

    # When
    auc = group_of(results)["auc"]

    # Then it is near that of Hanley and McNeil (1982)
    area, ones = auc["value"], int(results.labels.sum())
    zeros = 2_000 - ones
    theory = area * (1 - area)
    theory += (ones - 1) * (area / (2 - area) - area**2)
    theory += (zeros - 1) * (2 * area**2 / (1 + area) - area**2)
    assert auc["standard_deviation"] == pytest.approx((theory / (ones * zeros)) ** 0.5, rel=0.3)


@pytest.mark.parametrize(("count", "known"), [(199, False), (200, True)])
def test_standard_deviation_needs_200_records(count: int, known: bool) -> None:
    deviation = group_of(some_results(count))["f1"]["standard_deviation"]

    assert deviation > 0 if known else deviation == "NaN"


def test_a_draw_without_class_1_leaves_the_deviation_defined() -> None:
    # Given one record of class 1 in 200, which every third draw misses
    group = group_of(results_of([1] + [0] * 199, [0.9] + [0.95] * 20 + [0.1] * 179))

    assert 0 < group["auc"]["standard_deviation"] < 0.1


def test_report_is_the_same_each_time_and_strict_json() -> None:
    first, second = (
        json.dumps(binary_metrics.evaluation(some_results(500)), allow_nan=False) for _ in range(2)
    )

    assert first == second
