"""Measure the predictions of the batch transform against the labels of the test set.

Reads `test.csv` (the label first) and `test.csv.out` (a line a record, `{"predicted_label": 4.0}`, and the
neighbours' `distances` if the answers are verbose, see
https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html). `library/multiclass_metrics.py`
has the metrics, `library/evaluation.py` the files that are written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from library import evaluation, multiclass_metrics, result_files
from library.evaluation import Evaluation
from library.report.multiclass_report import multiclass_report
from library.result_files import InvalidResultsError

ACCEPT = "application/jsonlines"
CATALOGUE = Path(__file__).with_name("catalogue.json")


def read_predictions(path: Path, labels: range) -> tuple[list[int], list[float]]:
    """Return the predicted label of each record, and the distances of all records' neighbours."""
    predicted: list[int] = []
    distances: list[float] = []
    for number, answer in result_files.objects(path, "predicted_label", '{"predicted_label": 4.0}'):
        label = answer["predicted_label"]
        if type(label) not in (int, float) or label not in labels:
            raise InvalidResultsError(
                f"{path.name}, line {number}: label {label!r} is not one of {labels[0]} to {labels[-1]}"
            )
        predicted.append(int(label))
        distances.extend(answer.get("distances", []))
    return predicted, distances


def evaluate(job: Evaluation) -> str:
    """Write the four files; return what was found, in words."""
    catalogue: list[dict[str, Any]] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    labels = range(len(catalogue))
    actual = [int(label) for label in result_files.first_fields(job.test, tuple(map(str, labels)))]
    predicted, distances = read_predictions(job.predictions, labels)
    result_files.check_counts(len(actual), len(predicted))
    confusion = multiclass_metrics.confusion_matrix(actual, predicted, len(labels))
    metrics = multiclass_metrics.evaluation(confusion)
    page = multiclass_report(
        "Which mysfit suits a visitor", [mysfit["name"] for mysfit in catalogue], metrics, distances, job.run
    )
    serving = {"encoder": job.encoder, "mysfits": catalogue}
    answer = json.dumps({"predicted_label": float(predicted[0])})
    job.write(metrics, serving, page, accept=ACCEPT, answer=answer)
    return f"{len(actual)} records, {confusion.trace()} predicted right"


if __name__ == "__main__":
    sys.exit(evaluation.run(evaluate))
