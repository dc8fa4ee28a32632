"""How a recommendation came about: the neighbours that voted, and what each mysfit got of the votes."""

from collections import Counter
from typing import Any

from .catalogue import Catalogue
from .endpoint import Prediction


def describe(prediction: Prediction, catalogue: Catalogue) -> dict[str, Any]:
    """Return `neighbours`, the nearest first, and `ranking`, the recommended mysfit first, then by votes.

    A `share` is a mysfit's part of the votes, above 0 and at most 1; the shares add up to 1. Of two with as
    many votes, the one with the nearer neighbour comes first. Raises `UnknownLabel`.
    """
    votes = Counter(neighbour.label for neighbour in prediction.neighbours)
    # Counter and sorted keep the order of first appearance, which is that of distance.
    ranked = sorted(votes, key=lambda label: (label != prediction.label, -votes[label]))
    return {
        "neighbours": [
            {"mysfit": catalogue.mysfit_id(label), "distance": distance}
            for label, distance in prediction.neighbours
        ],
        "ranking": [
            {"mysfit": catalogue.mysfit_id(label), "share": votes[label] / len(prediction.neighbours)}
            for label in ranked
        ],
    }
