from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn import metrics
from sklearn.neighbors import KNeighborsClassifier

from mysfit_recommender import sample
from tests.unit.training_scripts.scripts import Done

Run = Callable[..., Done]

METRICS = ("accuracy", "weighted_recall", "weighted_precision", "weighted_f0_5", "weighted_f1", "weighted_f2")


class Job:
    """An evaluation job: its input and output folders and a way to run it."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self.test = folder / "test"
        self.predictions = folder / "predictions"
        self.output = folder / "output"
        self.encoder = folder / "encoder"
        for each in (self.test, self.predictions, self.encoder):
            each.mkdir()
        (self.encoder / "encoder.json").write_text('{"columns": ["mysfit"]}')

    def evaluate(self, test: str, predictions: str) -> Done:
        (self.test / "test.csv").write_text(test, encoding="utf-8")
        (self.predictions / "test.csv.out").write_text(predictions, encoding="utf-8")
        return self.run_on_what_is_there()

    def run_on_what_is_there(self) -> Done:
        folders = ("--test", self.test, "--predictions", self.predictions, "--encoder", self.encoder)
        return self.run("evaluate.py", *folders, "--run", self.test.parent, "--output", self.output)

    def report(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.output / "evaluation.json").read_text(encoding="utf-8"))
        return content

    def page(self) -> str:
        return (self.output / "report.html").read_text(encoding="utf-8")

    def assert_refused(self, result: Done, message: str) -> None:
        assert result.returncode == 1
        assert result.stderr == f"{message}\n"
        assert not self.output.exists()


@pytest.fixture
def job(run: Run, tmp_path: Path) -> Job:
    return Job(run, tmp_path)


def as_test_set(labels: list[int]) -> str:
    return "".join(f"{label},1,2,3,4,{label % 8 + 1}\n" for label in labels)


def as_answers(labels: list[int]) -> str:
    return "".join(json.dumps({"predicted_label": float(label)}) + "\n" for label in labels)


def some_results(count: int) -> tuple[list[int], list[int]]:
    """Labels 0 to 9 of uneven frequency and predictions, about half of them right, that never are 0."""
    draw = np.random.RandomState(0)
    actual = draw.choice(10, size=count, p=np.arange(1, 11) / 55)
    guessed = draw.randint(1, 12, size=count)
    predicted = np.where((draw.random_sample(count) < 0.5) & (actual != 0), actual, guessed)
    return actual.tolist(), predicted.tolist()


def test_metrics_are_those_of_the_model_registry(job: Job) -> None:
    # Given
    actual, predicted = some_results(1_000)

    # When
    result = job.evaluate(as_test_set(actual), as_answers(predicted))

    # Then the group has the keys of the schema, no more and no less
    group = job.report()["multiclass_classification_metrics"]
    assert (result.returncode, result.stderr) == (0, "")
    assert list(group) == [
        "confusion_matrix",
        *METRICS,
        *(f"{name}_best_constant_classifier" for name in METRICS),
    ]
    assert all(set(group[name]) == {"value", "standard_deviation"} for name in list(group)[1:])


def test_values_are_those_of_scikit_learn(job: Job) -> None:
    # Given
    actual, predicted = some_results(1_000)

    # When
    job.evaluate(as_test_set(actual), as_answers(predicted))

    # Then
    group = job.report()["multiclass_classification_metrics"]
    weighted: dict[str, Any] = {"average": "weighted", "zero_division": 0}
    expected = {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "weighted_recall": metrics.recall_score(actual, predicted, **weighted),
        "weighted_precision": metrics.precision_score(actual, predicted, **weighted),
        "weighted_f0_5": metrics.fbeta_score(actual, predicted, beta=0.5, **weighted),
        "weighted_f1": metrics.fbeta_score(actual, predicted, beta=1, **weighted),
        "weighted_f2": metrics.fbeta_score(actual, predicted, beta=2, **weighted),
    }
    assert {name: group[name]["value"] for name in METRICS} == pytest.approx(expected, abs=1e-12)


def test_macro_averages_count_every_label_of_the_catalogue(job: Job) -> None:
    # Given results in which two of the twelve labels never occur
    actual, predicted = some_results(1_000)

    # When
    job.evaluate(as_test_set(actual), as_answers(predicted))

    # Then
    macro: dict[str, Any] = {"average": "macro", "labels": list(range(12)), "zero_division": 0}
    values = {name: metric["value"] for name, metric in job.report()["macro_averaged_metrics"].items()}
    assert values == pytest.approx(
        {
            "macro_recall": metrics.recall_score(actual, predicted, **macro),
            "macro_precision": metrics.precision_score(actual, predicted, **macro),
            "macro_f1": metrics.f1_score(actual, predicted, **macro),
        },
        abs=1e-12,
    )


def test_confusion_matrix_has_all_labels(job: Job) -> None:
    # When two labels are all there is
    job.evaluate(as_test_set([0, 0, 0, 11]), as_answers([0, 11, 11, 11]))

    # Then the outer key is the actual label, the inner one the predicted
    confusion = job.report()["multiclass_classification_metrics"]["confusion_matrix"]
    names = [str(label) for label in range(12)]
    assert list(confusion) == names
    assert all(list(row) == names for row in confusion.values())
    assert (confusion["0"]["0"], confusion["0"]["11"], confusion["11"]["11"]) == (1, 2, 1)
    assert sum(sum(row.values()) for row in confusion.values()) == 4


def test_best_constant_classifier_is_the_majority_class(job: Job) -> None:
    # Given a label that is on three rows of four
    job.evaluate(as_test_set([5, 5, 5, 2]), as_answers([1, 2, 3, 4]))

    # Then always predicting it is right three times of four
    group = job.report()["multiclass_classification_metrics"]
    values = {name: group[f"{name}_best_constant_classifier"]["value"] for name in METRICS}
    assert values == pytest.approx(
        {
            "accuracy": 0.75,
            "weighted_recall": 0.75,
            "weighted_precision": 0.75 * 0.75,
            "weighted_f0_5": 0.75 * (1.25 * 0.75 / (0.25 * 0.75 + 1)),
            "weighted_f1": 0.75 * (2 * 0.75 / (0.75 + 1)),
            "weighted_f2": 0.75 * (5 * 0.75 / (4 * 0.75 + 1)),
        }
    )


def test_standard_deviation_is_that_of_new_test_sets(job: Job) -> None:
    # Given
    actual, predicted = some_results(2_000)

    # When
    job.evaluate(as_test_set(actual), as_answers(predicted))

    # Then for the accuracy, where theory has a formula, the bootstrap is near it
    accuracy = job.report()["multiclass_classification_metrics"]["accuracy"]
    theory = (accuracy["value"] * (1 - accuracy["value"]) / 2_000) ** 0.5
    assert accuracy["standard_deviation"] == pytest.approx(theory, rel=0.2)


@pytest.mark.parametrize(("count", "known"), [(199, False), (200, True)])
def test_standard_deviation_needs_200_records(job: Job, count: int, known: bool) -> None:
    actual, predicted = some_results(count)

    job.evaluate(as_test_set(actual), as_answers(predicted))

    deviation = job.report()["multiclass_classification_metrics"]["weighted_f1"]["standard_deviation"]
    assert deviation > 0 if known else deviation == "NaN"


def test_same_input_gives_the_same_report(job: Job) -> None:
    # Given
    actual, predicted = some_results(500)

    # When
    reports = []
    for _ in range(2):
        job.evaluate(as_test_set(actual), as_answers(predicted))
        reports.append((job.output / "evaluation.json").read_bytes())

    # Then
    assert reports[0] == reports[1]


def test_sample_is_the_first_record_and_its_answer(job: Job) -> None:
    # When
    job.evaluate("3,8,7,6,5,4\n2,1,1,1,1,1\n", '{"predicted_label": 3.0}\n{"predicted_label": 1.0}\n')

    # Then
    assert json.loads((job.output / "sample.json").read_text(encoding="utf-8")) == {
        "content_type": "text/csv",
        "accept": "application/jsonlines",
        "body": "8,7,6,5,4",
        "expected": '{"predicted_label": 3.0}',
    }


def test_sample_has_the_formats_of_the_workload(job: Job, workload_folder: Path) -> None:
    job.evaluate(as_test_set([3]), as_answers([3]))

    request = json.loads((job.output / "sample.json").read_text(encoding="utf-8"))
    workload = yaml.safe_load((workload_folder / "workload.yaml").read_text(encoding="utf-8"))
    assert {name: request[name] for name in ("content_type", "accept")} == {
        name: workload["inference"][name] for name in ("content_type", "accept")
    }


def test_verbose_answers_and_blank_lines_are_read(job: Job) -> None:
    # Given answers with distances, and the blank line that joining batches can leave
    answers = '{"predicted_label": 3.0, "distances": [0.0], "labels": [3.0]}\n\n{"predicted_label": 2}\n\n'

    # When
    result = job.evaluate(as_test_set([3, 1]), answers)

    # Then the report shows the distances, and an endpoint is asked for the label alone
    assert result.returncode == 0
    assert job.report()["multiclass_classification_metrics"]["accuracy"]["value"] == 0.5
    assert "Distances of the neighbours" in job.page()
    sample = json.loads((job.output / "sample.json").read_text(encoding="utf-8"))
    assert (sample["accept"], sample["expected"]) == ("application/jsonlines", '{"predicted_label": 3.0}')


def test_without_distances_the_report_has_none(job: Job) -> None:
    job.evaluate(as_test_set([3, 1]), as_answers([3, 1]))

    assert "Neighbours</h2>" not in job.page()


@pytest.mark.parametrize("predicted", [[], [1, 2], [1, 2, 3, 4]])
def test_each_record_needs_a_prediction(job: Job, predicted: list[int]) -> None:
    result = job.evaluate(as_test_set([1, 2, 3]), as_answers(predicted))

    job.assert_refused(
        result,
        f"test.csv has 3 records and test.csv.out has {len(predicted)} predictions, "
        "there must be one for each record",
    )


def test_empty_test_set_is_refused(job: Job) -> None:
    job.assert_refused(job.evaluate("", ""), "test.csv has no records")


@pytest.mark.parametrize(
    "answer", ["4.0", "null", '"text"', "[4.0]", '{"score": 4.0}', '{"predicted_label": 4.0', "<html>"]
)
def test_answer_must_be_a_prediction(job: Job, answer: str) -> None:
    result = job.evaluate(as_test_set([1, 2]), f'{{"predicted_label": 1.0}}\n{answer}\n')

    job.assert_refused(
        result, f'test.csv.out, line 2: {answer!r} is not a JSON object like {{"predicted_label": 4.0}}'
    )


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("12", "12"),
        ("-1.0", "-1.0"),
        ("4.5", "4.5"),
        ("NaN", "nan"),
        ("Infinity", "inf"),
        ("null", "None"),
        ("true", "True"),
        ("[4]", "[4]"),
        ('"4"', "'4'"),
    ],
)
def test_predicted_label_must_be_in_the_catalogue(job: Job, label: str, shown: str) -> None:
    result = job.evaluate(as_test_set([1]), f'{{"predicted_label": {label}}}\n')

    job.assert_refused(result, f"test.csv.out, line 1: label {shown} is not one of 0 to 11")


def test_label_of_the_test_set_must_be_in_the_catalogue(job: Job) -> None:
    result = job.evaluate("1,1,1,1,1,1\n12,1,1,1,1,1\n", as_answers([1, 1]))

    labels = ", ".join(map(str, range(12)))
    job.assert_refused(result, f"test.csv, line 2: label '12' is not one of {labels}")


def test_missing_file_is_named(job: Job) -> None:
    (job.test / "test.csv").write_text("1,1,1,1,1,1\n", encoding="utf-8")

    job.assert_refused(job.run_on_what_is_there(), f"test.csv.out is missing in {job.predictions}")


def test_nearest_neighbours_learn_the_sample_data(run: Run, tmp_path: Path) -> None:
    # Given the default sample, prepared as the processing job does it
    run("sample.py", "--output", tmp_path / "raw")
    run("prepare.py", "--raw", tmp_path / "raw", "--output", tmp_path)
    train, test = (
        np.loadtxt(tmp_path / name, delimiter=",", dtype=np.int64)
        for name in ("train/train.csv", "test/test.csv")
    )

    # When ten nearest neighbours predict the test set
    model = KNeighborsClassifier(10, algorithm="kd_tree").fit(train[:, 1:], train[:, 0])
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "test.csv.out").write_text(as_answers(model.predict(test[:, 1:]).tolist()))
    result = run(
        "evaluate.py",
        *(
            "--test",
            tmp_path / "test",
            "--predictions",
            tmp_path / "predictions",
            "--encoder",
            tmp_path / "encoder",
            "--run",
            tmp_path / "run",
            "--output",
            tmp_path / "report",
        ),
    )

    # Then they are right nearly as often as is possible, and far above the majority class
    report = json.loads((tmp_path / "report" / "evaluation.json").read_text(encoding="utf-8"))
    group = report["multiclass_classification_metrics"]
    assert result.returncode == 0
    assert len(train) == pytest.approx(18_000, abs=6)
    assert group["accuracy"]["value"] == pytest.approx(sample.best_possible_accuracy(), abs=0.04)
    assert group["accuracy"]["value"] > 4 * group["accuracy_best_constant_classifier"]["value"]
