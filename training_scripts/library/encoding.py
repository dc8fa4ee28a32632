"""Turns a raw record into the row of numbers that a model takes, the same way in training and prediction.

A number becomes one cell, empty where it is missing (XGBoost reads that as missing). A category becomes a
cell a value, 1 for the one it has, and one more, `<name>_missing`, where the raw data may miss it. An
indicator is 1 when a field has one of its values. Uses the standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from library.faults import shown
from library.fields import Category, Field, Number, number_text

FILE_NAME = "encoder.json"
MISSING = "missing"


@dataclass(frozen=True)
class Indicator:
    """Whether a field has one of some values."""

    name: str
    field: str
    values: tuple[str | float, ...]


@dataclass(frozen=True)
class Encoder:
    """How raw records become rows.

    `label` names the column that `prepare.py` puts first. `ignored` are columns of the raw data that the
    model doesn't use: a record to predict may hold them, so that one can be pasted from the raw data.
    """

    label: str
    fields: tuple[Field, ...]
    indicators: tuple[Indicator, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The names of the columns of a prepared file, the label's first."""
        names = [self.label]
        for field in self.fields:
            if isinstance(field, Number):
                names.append(field.name)
            else:
                names += [f"{field.name}_{value}" for value in _choices(field)]
        return names + [indicator.name for indicator in self.indicators]

    @cached_property
    def parts(self) -> list[tuple[str, Callable[[Any], str]]]:
        """What a row is put together from: a field, and what writes its value as one cell or several."""
        parts = [(field.name, _writer(field)) for field in self.fields]
        by_name = {field.name: field for field in self.fields}
        return parts + [
            (indicator.field, _indicator_writer(indicator, by_name[indicator.field]))
            for indicator in self.indicators
        ]

    def row(self, record: object) -> str:
        """Return the row of a record, such as `{"age": 39, "sex": "Male"}`, without a label.

        Raises:
            ValueError: a field is missing, unknown, or holds what its column may not hold; the text names it.
        """
        if not isinstance(record, Mapping):
            raise ValueError(f"{shown(record)} is not a record, it must be an object with {self._names}")  # noqa: TRY004
        known = {field.name for field in self.fields} | set(self.ignored)
        unknown = [name for name in record if name not in known]
        if unknown:
            raise ValueError(f"{shown(unknown[0])} is not a field, the fields are {self._names}")
        values = {field.name: self._accepted(field, record) for field in self.fields}
        return ",".join(write(values[name]) for name, write in self.parts)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what `row` takes."""
        fields = {field.name: field.schema for field in self.fields}
        return {
            "type": "object",
            "required": [field.name for field in self.fields if field.missing is None],
            "additionalProperties": False,
            "properties": {**fields, **{name: {"description": "not used"} for name in self.ignored}},
        }

    def rows(self, document: object) -> str:
        """Return the CSV of one record or of a list of them, or raise ValueError naming record and field."""
        if not isinstance(document, list):
            return self.row(document)
        if not document:
            raise ValueError("the list of records is empty, it must hold at least one")
        return "\n".join(
            self._numbered_row(number, record) for number, record in enumerate(document, start=1)
        )

    def _numbered_row(self, number: int, record: object) -> str:
        try:
            return self.row(record)
        except ValueError as error:
            raise ValueError(f"record {number}: {error}") from error

    @property
    def _names(self) -> str:
        return ", ".join(field.name for field in self.fields)

    def _accepted(self, field: Field, record: Mapping[str, object]) -> float:
        if field.name not in record and field.missing is None:
            raise ValueError(f"{field.name} is missing, it must be {field.allowed}")
        try:
            return field.accept(record.get(field.name))
        except ValueError as error:
            raise ValueError(f"{field.name}: {error}") from error

    def document(self) -> dict[str, Any]:
        """Return it as `from_document` reads it; `columns` is for those who only need the names."""
        fields = [{"kind": type(field).__name__.lower(), **asdict(field)} for field in self.fields]
        return {"columns": self.columns, **asdict(self), "fields": fields}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Encoder:
        """Return the encoder that `document` describes."""
        return cls(
            document["label"],
            tuple(_field(**field) for field in document["fields"]),
            tuple(
                Indicator(**{**indicator, "values": tuple(indicator["values"])})
                for indicator in document["indicators"]
            ),
            tuple(document["ignored"]),
        )

    def write(self, folder: Path) -> None:
        """Write `encoder.json` into `folder`, which is made if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.document(), indent=1, ensure_ascii=False)
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")


def _field(kind: str, **of: Any) -> Field:
    if kind == "number":
        return Number(**of)
    return Category(**{**of, "values": tuple(of["values"])})


def _choices(category: Category) -> tuple[str, ...]:
    return category.values if category.missing is None else (*category.values, MISSING)


def _writer(field: Field) -> Callable[[Any], str]:
    if isinstance(field, Number):
        return number_text
    places = range(len(_choices(field)))
    return [",".join("1" if cell == place else "0" for cell in places) for place in places].__getitem__


def _indicator_writer(indicator: Indicator, field: Field) -> Callable[[Any], str]:
    if isinstance(field, Number):
        return lambda value: "1" if value in indicator.values else "0"
    return ["1" if value in indicator.values else "0" for value in _choices(field)].__getitem__
