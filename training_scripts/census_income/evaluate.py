"""Measure the predictions of the batch transform against the incomes in the test set.

See `library/binary_evaluation.py` for the files that are read and written.
"""

from __future__ import annotations

import sys

from library import binary_evaluation
from library.adult_fields import OVER_50K, UP_TO_50K
from library.report.binary_report import Question

QUESTION = Question("Income over $50K a year: built-in XGBoost", (UP_TO_50K, OVER_50K))

if __name__ == "__main__":
    sys.exit(binary_evaluation.main(QUESTION))
