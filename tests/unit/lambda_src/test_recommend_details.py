import pytest

from recommend.catalogue import Catalogue
from recommend.details import describe
from recommend.endpoint import Neighbour, Prediction
from recommend.faults import UnknownLabel

CATALOGUE = Catalogue({0: "a", 1: "b", 2: "c"})


def prediction(label: int, *neighbours: int) -> Prediction:
    return Prediction(label, tuple(Neighbour(one, float(place)) for place, one in enumerate(neighbours)))


def test_the_votes_are_told_the_recommended_first() -> None:
    # Given a model whose nearest neighbour isn't the winner
    details = describe(prediction(1, 0, 1, 1, 2), CATALOGUE)
    # Then the neighbours are as the model had them
    assert details["neighbours"] == [
        {"mysfit": "a", "distance": 0.0},
        {"mysfit": "b", "distance": 1.0},
        {"mysfit": "b", "distance": 2.0},
        {"mysfit": "c", "distance": 3.0},
    ]
    # And of two with as many votes, the nearer one comes first
    assert details["ranking"] == [
        {"mysfit": "b", "share": 0.5},
        {"mysfit": "a", "share": 0.25},
        {"mysfit": "c", "share": 0.25},
    ]


def test_a_tie_is_led_by_what_the_model_predicted() -> None:
    ranking = describe(prediction(2, 0, 2), CATALOGUE)["ranking"]
    assert [one["mysfit"] for one in ranking] == ["c", "a"]


def test_a_neighbour_without_a_mysfit_is_a_fault() -> None:
    with pytest.raises(UnknownLabel):
        describe(prediction(1, 1, 7), CATALOGUE)
