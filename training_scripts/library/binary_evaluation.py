"""Evaluates a model that answers with the probability of class 1: all that a workload's `evaluate.py` does.

The metrics are those of `library.binary_metrics`; with Clarify's analysis also the group `bias_metrics`. See
`library.evaluation` for the files that are written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from library import binary_metrics, evaluation, result_files
from library.binary_answers import CUTOFF
from library.binary_metrics import BinaryResults
from library.evaluation import Evaluation
from library.report.binary_report import Question, binary_report
from library.result_files import InvalidResultsError
from library.run_documents import bias_metrics

LABELS = ("0", "1")


def read_results(test: Path, predictions: Path) -> BinaryResults:
    """Return the labels and the probabilities, or raise InvalidResultsError."""
    labels = result_files.first_fields(test, LABELS)
    probabilities = result_files.numbers(predictions, 0, 1)
    result_files.check_counts(len(labels), len(probabilities))
    if len(set(labels)) < len(LABELS):
        raise InvalidResultsError(
            f"{test.name} has only the label {labels[0]}, both 0 and 1 must occur to measure a model"
        )
    return BinaryResults(np.array(labels, dtype=np.int64), np.array(probabilities), CUTOFF)


def evaluate(job: Evaluation, question: Question) -> BinaryResults:
    """Write the four files and return the results, or raise InvalidResultsError."""
    results = read_results(job.test, job.predictions)
    metrics = {**binary_metrics.evaluation(results), **bias_metrics(job.run)}
    page = binary_report(question, results, metrics, job.run)
    job.write(metrics, {"encoder": job.encoder, "cutoff": CUTOFF}, page)
    return results


def main(question: Question, summary: Callable[[BinaryResults], str] | None = None) -> int:
    """Run as the processing job does; return the exit code. `summary` makes what the job's log says."""
    return evaluation.run(lambda job: (summary or _summary)(evaluate(job, question)))


def _summary(results: BinaryResults) -> str:
    right = int(results.confusion_matrix().trace())
    return f"{len(results.labels)} records, {right} predicted right"
