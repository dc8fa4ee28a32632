import json
from pathlib import Path
from uuid import UUID

import pytest

from recommend.catalogue import Catalogue
from recommend.faults import UnknownLabel

CATALOGUE = Path(__file__).parents[3] / "training_scripts" / "mysfit_recommender" / "catalogue.json"


def test_every_label_of_the_recommender_has_a_mysfit_of_its_own() -> None:
    catalogue = Catalogue.load(CATALOGUE)

    ids = [catalogue.mysfit_id(label) for label in range(12)]

    assert len({UUID(mysfit_id) for mysfit_id in ids}) == 12


@pytest.mark.parametrize("label", [-1, 12])
def test_a_label_outside_of_the_catalogue_is_the_models_fault(label: int) -> None:
    with pytest.raises(UnknownLabel) as fault:
        Catalogue.load(CATALOGUE).mysfit_id(label)

    assert fault.value.status == 502
    assert fault.value.detail == f"label {label}; the catalogue holds 0..11"


def test_two_mysfits_of_one_label_stop_the_function_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps([{"label": 1, "mysfitId": "a"}, {"label": 1, "mysfitId": "b"}]))

    with pytest.raises(ValueError, match="unique"):
        Catalogue.load(path)
