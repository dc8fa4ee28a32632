"""Evaluates a model that answers with the probability of class 1: all that a workload's `evaluate.py` does.

Reads the test set, the batch transform's answers, the encoder, and what the run has left; writes

- `evaluation.json`: see `library.binary_metrics`; with Clarify's analysis also the group `bias_metrics`,
- `sample.json`: the first record of the test set and the answer to it, for trying a new endpoint,
- `serving.json`: what `inference.py` needs, the encoder and the cutoff,
- `report.html`: all of it for people.

A fault in the files ends the job with exit code 1 and one line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from library import binary_metrics, result_files
from library.binary_answers import CUTOFF
from library.binary_metrics import BinaryResults
from library.report.binary_report import Question, binary_report
from library.result_files import PREDICTIONS_FILE_NAME, TEST_FILE_NAME, InvalidResultsError
from library.run_documents import RunDocuments, bias_metrics

CONTENT_TYPE = ACCEPT = "text/csv"
ENCODER_FILE_NAME = "encoder.json"
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


def evaluate(arguments: argparse.Namespace, question: Question) -> BinaryResults:
    """Write the four files and return the results, or raise InvalidResultsError."""
    test, predictions = arguments.test / TEST_FILE_NAME, arguments.predictions / PREDICTIONS_FILE_NAME
    results = read_results(test, predictions)
    encoder = _encoder(arguments.encoder)
    run = RunDocuments(arguments.run)
    evaluation = {**binary_metrics.evaluation(results), **bias_metrics(run)}
    sample = result_files.sample(test, predictions, content_type=CONTENT_TYPE, accept=ACCEPT)
    _write(arguments.output, "evaluation.json", evaluation)
    _write(arguments.output, "sample.json", sample)
    _write(arguments.output, "serving.json", {"encoder": encoder, "cutoff": CUTOFF})
    binary_report(question, results, evaluation, run).write(arguments.output / "report.html")
    return results


def main(question: Question, summary: Callable[[BinaryResults], str] | None = None) -> int:
    """Run as the processing job does; return the exit code. `summary` makes what the job's log says."""
    arguments = _parser().parse_args()
    try:
        results = evaluate(arguments, question)
    except InvalidResultsError as error:
        print(error, file=sys.stderr)
        return 1
    print((summary or _summary)(results))
    return 0


def _summary(results: BinaryResults) -> str:
    right = int(results.confusion_matrix().trace())
    return f"{len(results.labels)} records, {right} predicted right"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the predictions for the test set.")
    for name, holds in (
        ("test", TEST_FILE_NAME),
        ("predictions", PREDICTIONS_FILE_NAME),
        ("encoder", ENCODER_FILE_NAME),
        ("run", "what the run has left so far"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FOLDER", help=f"holds {holds}")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    return parser


def _encoder(folder: Path) -> object:
    path = folder / ENCODER_FILE_NAME
    if not path.is_file():
        raise InvalidResultsError(f"{path.name} is missing in {folder}")
    return json.loads(path.read_text(encoding="utf-8"))


def _write(folder: Path, name: str, content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
