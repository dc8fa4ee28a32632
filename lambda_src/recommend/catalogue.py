"""The mysfits that the model's labels stand for."""

import json
from collections.abc import Mapping
from pathlib import Path

from .faults import UnknownLabel


class Catalogue:
    """Turns a label, as the model was trained with it, into a mysfit's id."""

    def __init__(self, ids: Mapping[int, str]) -> None:
        self._ids = ids

    @classmethod
    def load(cls, path: Path) -> "Catalogue":
        """Read a JSON list of objects with at least `label` and `mysfitId`.

        Raises `ValueError` when two entries share a label.
        """
        entries = json.loads(path.read_text(encoding="utf-8"))
        ids = {entry["label"]: entry["mysfitId"] for entry in entries}
        if len(ids) < len(entries):
            raise ValueError(f"{path} gives a label to more than one mysfit; labels must be unique")
        return cls(ids)

    def mysfit_id(self, label: int) -> str:
        """Return the id of the mysfit with this label; raises `UnknownLabel`."""
        try:
            return self._ids[label]
        except KeyError:
            known = f"{min(self._ids)}..{max(self._ids)}"
            raise UnknownLabel(
                "The model recommends a mysfit that the catalogue doesn't hold.",
                detail=f"label {label}; the catalogue holds {known}",
            ) from None
