"""The report on a model that answers with the probability of class 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from library.binary_metrics import BinaryResults
from library.report import curves
from library.report.comparison import comparison
from library.report.page import Page
from library.report.run_sections import add_run, run_title
from library.report.tables import Markup, figure, heat_map, side_by_side
from library.run_documents import RunDocuments

GROUP = "binary_classification_metrics"
HEADLINES = {"auc": "AUC", "accuracy": "Accuracy", "recall": "Recall", "precision": "Precision", "f1": "F1"}


@dataclass(frozen=True)
class Question:
    """What the model is asked, in words: a title, and what class 0 and class 1 mean."""

    title: str
    outcomes: tuple[str, str]


def binary_report(
    question: Question, results: BinaryResults, evaluation: Mapping[str, Any], run: RunDocuments
) -> Page:
    """Return the page with the metrics, the plots, and how the model was made."""
    page = Page(question.title, run_title(run))
    page.section("Metrics", *comparison(evaluation, run.previous, GROUP, HEADLINES))
    page.section("Confusion matrix", *_confusion_matrix(question, results))
    page.section("Curves", _curves(results, evaluation[GROUP]))
    add_run(page, run)
    return page


def _confusion_matrix(question: Question, results: BinaryResults) -> Sequence[Markup]:
    counts = results.confusion_matrix().tolist()
    return [heat_map(counts, question.outcomes, row_title="Actual", column_title="Predicted")]


def _curves(results: BinaryResults, metrics: Mapping[str, Any]) -> Markup:
    roc, by_recall = metrics["receiver_operating_characteristic_curve"], metrics["precision_recall_curve"]
    share = float(results.labels.mean())
    return side_by_side(
        figure(
            curves.receiver_operating_characteristic(
                roc["false_positive_rates"], roc["true_positive_rates"], metrics["auc"]["value"]
            ),
            "The nearer the upper left corner, the better the model ranks.",
        ),
        figure(
            curves.precision_and_recall(by_recall["recalls"], by_recall["precisions"], share),
            "How many of class 1 are found, and how many of those found are right.",
        ),
        figure(
            curves.calibration(results.calibration()),
            "Near the dashed line, a predicted probability can be taken at its word.",
        ),
    )
