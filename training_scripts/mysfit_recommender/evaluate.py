"""Measure the predictions of the batch transform against the labels of the test set.

Reads `test.csv` (the label first) and `test.csv.out` (a line a record, `{"predicted_label": 4.0}`, as k-NN
answers application/jsonlines: https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html).
Writes into the output folder:

- `evaluation.json`: the group `multiclass_classification_metrics` as SageMaker Model Monitor and the Model
  Registry define it (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html)
  and a group of our own with the macro averages, in which rare labels count as much as frequent ones.
- `sample.json`: the first record of the test set and the answer to it, for trying a new endpoint.
- `serving.json`: what `inference.py` needs, the encoder and the mysfits of the labels.
- `report.html`: all of it for people, with what the run has left so far.

A standard deviation is the bootstrap's: that of the metric over 200 test sets drawn with replacement from
this one, always with the same seed. Below 200 records it is "NaN", as in Model Monitor's reports.

A fault in the files ends the job with exit code 1 and one line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from library.report.multiclass_report import multiclass_report
from library.run_documents import RunDocuments

TEST_FILE_NAME = "test.csv"
PREDICTIONS_FILE_NAME = "test.csv.out"
ENCODER_FILE_NAME = "encoder.json"
CONTENT_TYPE = "text/csv"
ACCEPT = "application/jsonlines"
BOOTSTRAP_SAMPLES = 200
BOOTSTRAP_SEED = 1
MINIMUM_RECORDS_FOR_DEVIATION = 200

Counts = npt.NDArray[np.int64]
"""Confusion matrices in the last two axes: a row for each actual label, a column for each predicted one."""

Values = npt.NDArray[np.float64]


class InvalidResultsError(Exception):
    """The test set and the predictions can't be compared; the text says why, in one line."""


def read_labels(path: Path, labels: range) -> list[int]:
    """Return the label of each record of the test set."""
    return [_actual(path, number, line, labels) for number, line in _lines(path)]


def read_predictions(path: Path, labels: range) -> list[int]:
    """Return the predicted label of each record."""
    return [_predicted(path, number, line, labels) for number, line in _lines(path)]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that isn't blank."""
    if not path.is_file():
        raise InvalidResultsError(f"{path.name} is missing in {path.parent}")
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.strip()


def _actual(path: Path, number: int, line: str, labels: range) -> int:
    text = line.split(",", 1)[0]
    if text not in map(str, labels):
        raise _unknown_label(path, number, text, labels)
    return int(text)


def _predicted(path: Path, number: int, line: str, labels: range) -> int:
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "predicted_label" not in answer:
        raise InvalidResultsError(
            f'{path.name}, line {number}: {line[:80]!r} is not a JSON object like {{"predicted_label": 4.0}}'
        )
    label = answer["predicted_label"]
    if type(label) not in (int, float) or label not in labels:
        raise _unknown_label(path, number, label, labels)
    return int(label)


def _unknown_label(path: Path, number: int, label: object, labels: range) -> InvalidResultsError:
    return InvalidResultsError(
        f"{path.name}, line {number}: label {label!r} is not one of {labels[0]} to {labels[-1]}"
    )


def confusion_matrix(actual: list[int], predicted: list[int], labels: range) -> Counts:
    """Return how often each actual label (row) was predicted as each label (column)."""
    cells = np.asarray(actual) * len(labels) + np.asarray(predicted)
    return np.bincount(cells, minlength=len(labels) ** 2).reshape(len(labels), len(labels))


def constant_classifier(confusion: Counts) -> Counts:
    """Return the confusion matrix of always predicting the most frequent label."""
    support = confusion.sum(axis=1)
    constant = np.zeros_like(confusion)
    constant[:, support.argmax()] = support
    return constant


def bootstrap(confusion: Counts) -> Counts:
    """Return the confusion matrices of test sets drawn with replacement, one on each row of the first axis.

    Drawing records with replacement is drawing their cells from the multinomial distribution, so the cost
    doesn't depend on the number of records.
    """
    draw = np.random.RandomState(BOOTSTRAP_SEED)
    total = confusion.sum()
    samples = draw.multinomial(total, confusion.ravel() / total, size=BOOTSTRAP_SAMPLES)
    return samples.reshape(BOOTSTRAP_SAMPLES, *confusion.shape)


def weighted_metrics(confusion: Counts) -> dict[str, Values]:
    """Return the metrics of Model Monitor's multiclass schema; averages are weighted by actual labels."""
    recall, precision = _recall_and_precision(confusion)
    support = confusion.sum(axis=-1)
    total = support.sum(axis=-1)
    weight = support / total[..., np.newaxis]
    by_label = {
        "recall": recall,
        "precision": precision,
        "f0_5": _f_score(recall, precision, 0.5),
        "f1": _f_score(recall, precision, 1.0),
        "f2": _f_score(recall, precision, 2.0),
    }
    weighted = {f"weighted_{name}": (values * weight).sum(axis=-1) for name, values in by_label.items()}
    return {"accuracy": np.trace(confusion, axis1=-2, axis2=-1) / total, **weighted}


def macro_metrics(confusion: Counts) -> dict[str, Values]:
    """Return the plain means over the labels."""
    recall, precision = _recall_and_precision(confusion)
    return {
        "macro_recall": recall.mean(axis=-1),
        "macro_precision": precision.mean(axis=-1),
        "macro_f1": _f_score(recall, precision, 1.0).mean(axis=-1),
    }


def _recall_and_precision(confusion: Counts) -> tuple[Values, Values]:
    """Return both for each label; a label that never occurs has recall 0, one never predicted precision 0."""
    correct = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _ratio(correct, confusion.sum(axis=-1)), _ratio(correct, confusion.sum(axis=-2))


def _f_score(recall: Values, precision: Values, beta: float) -> Values:
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def _ratio(numerator: Counts | Values, denominator: Counts | Values) -> Values:
    """Divide, with 0 where the denominator is 0."""
    result: Values = np.zeros(denominator.shape)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def evaluation(confusion: Counts) -> dict[str, dict[str, object]]:
    """Return the report: each metric with its value and its standard deviation."""
    samples = bootstrap(confusion)
    constant = constant_classifier(confusion)
    constant_samples = np.array([constant_classifier(sample) for sample in samples])
    baseline = _report(weighted_metrics(constant), weighted_metrics(constant_samples), confusion)
    return {
        "multiclass_classification_metrics": {
            "confusion_matrix": _as_object(confusion),
            **_report(weighted_metrics(confusion), weighted_metrics(samples), confusion),
            **{f"{name}_best_constant_classifier": metric for name, metric in baseline.items()},
        },
        "macro_averaged_metrics": dict(_report(macro_metrics(confusion), macro_metrics(samples), confusion)),
    }


def _report(
    values: dict[str, Values], samples: dict[str, Values], confusion: Counts
) -> dict[str, dict[str, object]]:
    known = confusion.sum() >= MINIMUM_RECORDS_FOR_DEVIATION
    return {
        name: {
            "value": float(value),
            "standard_deviation": float(samples[name].std(ddof=1)) if known else "NaN",
        }
        for name, value in values.items()
    }


def _as_object(confusion: Counts) -> dict[str, dict[str, int]]:
    return {
        str(actual): {str(predicted): count for predicted, count in enumerate(row)}
        for actual, row in enumerate(confusion.tolist())
    }


def sample(test: Path, predictions: Path) -> dict[str, str]:
    """Return the first record of the test set as a request and the answer that the endpoint must give."""
    _, record = next(_lines(test))
    _, answer = next(_lines(predictions))
    return {
        "content_type": CONTENT_TYPE,
        "accept": ACCEPT,
        "body": record.split(",", 1)[1],
        "expected": answer,
    }


def _check_counts(actual: list[int], predicted: list[int]) -> None:
    if not actual:
        raise InvalidResultsError(f"{TEST_FILE_NAME} has no records")
    if len(actual) != len(predicted):
        raise InvalidResultsError(
            f"{TEST_FILE_NAME} has {len(actual)} records and {PREDICTIONS_FILE_NAME} has {len(predicted)} "
            "predictions, there must be one for each record"
        )


def _write(folder: Path, name: str, content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _catalogue() -> list[dict[str, object]]:
    catalogue: list[dict[str, object]] = json.loads(
        Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8")
    )
    return catalogue


def _encoder(folder: Path | None) -> dict[str, object]:
    """Return the encoder under its name; nothing without a folder."""
    if folder is None:
        return {}
    path = folder / ENCODER_FILE_NAME
    if not path.is_file():
        raise InvalidResultsError(f"{path.name} is missing in {folder}")
    return {"encoder": json.loads(path.read_text(encoding="utf-8"))}


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the predictions for the test set.")
    parser.add_argument("--test", type=Path, required=True, metavar="FOLDER", help=f"holds {TEST_FILE_NAME}")
    parser.add_argument(
        "--predictions", type=Path, required=True, metavar="FOLDER", help=f"holds {PREDICTIONS_FILE_NAME}"
    )
    parser.add_argument("--encoder", type=Path, metavar="FOLDER", help=f"holds {ENCODER_FILE_NAME}")
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="holds what the run has left so far")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    test = arguments.test / TEST_FILE_NAME
    predictions = arguments.predictions / PREDICTIONS_FILE_NAME
    catalogue = _catalogue()
    labels = range(len(catalogue))
    try:
        actual = read_labels(test, labels)
        predicted = read_predictions(predictions, labels)
        _check_counts(actual, predicted)
        encoder = _encoder(arguments.encoder)
    except InvalidResultsError as error:
        print(error, file=sys.stderr)
        return 1
    confusion = confusion_matrix(actual, predicted, labels)
    metrics = evaluation(confusion)
    _write(arguments.output, "evaluation.json", metrics)
    _write(arguments.output, "sample.json", sample(test, predictions))
    _write(arguments.output, "serving.json", {**encoder, "mysfits": catalogue})
    names = [str(mysfit["name"]) for mysfit in catalogue]
    page = multiclass_report("Which mysfit suits a visitor", names, metrics, RunDocuments(arguments.run))
    page.write(arguments.output / "report.html")
    print(f"{len(actual)} records, {confusion.trace()} predicted right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
