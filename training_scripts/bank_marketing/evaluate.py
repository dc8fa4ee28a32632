"""Measure the predictions of the batch transform against who took a term deposit in the test set.

See `library/binary_evaluation.py` for the files that are read and written. The log shows the confusion
matrix as AWS's tutorial does, with the overall classification rate, next to that of always saying no.
"""

from __future__ import annotations

import sys

from library import binary_evaluation
from library.binary_metrics import BinaryResults
from library.report.binary_report import Question

QUESTION = Question("Term deposits: who takes one", ("No purchase", "Purchase"))


def tutorial_summary(results: BinaryResults) -> str:
    """Return the tutorial's table: rates are shares of those who were predicted the same."""
    counts = results.confusion_matrix()
    rate = counts.trace() / counts.sum()
    majority = counts.sum(axis=1).max() / counts.sum()
    predicted = counts.sum(axis=0)
    lines = [
        f"Overall classification rate: {rate:.1%}",
        f"Always answering the more frequent outcome: {majority:.1%}",
        f"{'Predicted':<14}{QUESTION.outcomes[0]:>18}{QUESTION.outcomes[1]:>18}",
    ]
    for outcome, row in zip(QUESTION.outcomes, counts):
        cells = (f"{count / total if total else 0:.0%} ({count:.0f})" for count, total in zip(row, predicted))
        lines.append(f"{outcome:<14}" + "".join(f"{cell:>18}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(binary_evaluation.main(QUESTION, tutorial_summary))
