"""The report on a model that answers with one of several labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from library.report import bars
from library.report.comparison import comparison
from library.report.page import Page
from library.report.run_sections import add_run, run_title
from library.report.tables import figure, heat_map
from library.run_documents import RunDocuments

GROUP = "multiclass_classification_metrics"
HEADLINES = {
    "accuracy": "Accuracy",
    "weighted_recall": "Recall, weighted",
    "weighted_precision": "Precision, weighted",
    "weighted_f1": "F1, weighted",
}


def multiclass_report(
    title: str,
    labels: Sequence[str],
    evaluation: Mapping[str, Any],
    distances: Sequence[float],
    run: RunDocuments,
) -> Page:
    """Return the page with the metrics, how well each label is found, and how the model was made.

    `distances` are those of all records' neighbours, if the model has neighbours and tells them.
    """
    matrix = evaluation[GROUP]["confusion_matrix"]
    counts = [list(row.values()) for row in matrix.values()]
    recall = {
        name: row[place] / sum(row) if sum(row) else 0.0
        for place, (name, row) in enumerate(zip(labels, counts))
    }
    page = Page(title, run_title(run))
    page.section("Metrics", *comparison(evaluation, run.previous, GROUP, HEADLINES))
    page.section("Confusion matrix", heat_map(counts, labels, row_title="Actual", column_title="Predicted"))
    page.section(
        "Recall of each label",
        figure(
            bars.bars("Recall of each label", recall, value_title="Recall"),
            "The share of each label's records that the model finds.",
        ),
    )
    if distances:
        page.section(
            "Neighbours",
            figure(
                bars.histogram(
                    "Distances of the neighbours", distances, value_title="Distance", count_title="Neighbours"
                ),
                "How far the training records are by which a record of the test set was labelled, as the "
                "algorithm measures it. A record far from all others is labelled by chance.",
            ),
        )
    add_run(page, run)
    return page
