"""The area under the ROC curve, exactly."""

from __future__ import annotations

import numpy as np

from library.boosting.channel import Floats


def area_under_curve(labels: Floats, scores: Floats) -> float:
    """Return the share of pairs of a positive and a negative that `scores` rank rightly; a tie is half right.

    Computed from the sum of the positives' ranks (Mann and Whitney's U), ties at their mean rank. Both labels
    must be there.
    """
    _, score_of_row, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    positives = int(np.count_nonzero(labels))
    rank_sum = float(ranks[score_of_row.reshape(-1)][labels == 1].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))
