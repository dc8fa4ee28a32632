"""Tables whose partitions Athena makes up from their properties, without any registered in the catalogue.

ministack's queries would read everything below such a table's location, and know no partition. Here a query
reads the places that its table's template gives for the values of `enum` keys, and for those of `injected`
keys that its WHERE clause compares with texts. Other types of projection fail the query.
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-dynamic-id-partitioning.html
"""

import contextvars
import itertools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from ministack.services import athena

HOOKS = (
    "ministack.services.athena:_Cursor",
    "ministack.services.athena:_materialize_table_files",
)

Table = Mapping[str, Any]


class Place(NamedTuple):
    """Where a partition's objects are, and the folders that tell DuckDB its keys."""

    location: str
    folders: str = ""


class NotProjectedError(ValueError):
    """Which partitions a query means can't be told."""


# What the running query reads: the location of a projected table -> its places.
_read: contextvars.ContextVar[Mapping[str, list[Place]] | None] = contextvars.ContextVar("read", default=None)


def install() -> None:
    """Put this overlay in place."""
    original = athena._materialize_table_files

    def materialize_table_files(location: str, workdirs: list[str]) -> list[str]:
        projected = (_read.get() or {}).get(location)
        if projected is None:
            return list(original(location, workdirs))
        return [file for place in projected for file in _copied(place, workdirs, original)]

    athena._materialize_table_files = materialize_table_files


def use(tables: Mapping[str, list[Place]]) -> None:
    """Have the query of this task read the places of each projected table, by its location."""
    _read.set(tables)


def is_projected(table: Table) -> bool:
    """Whether a table's partitions are made up."""
    return str((table.get("Parameters") or {}).get("projection.enabled")).lower() == "true"


def places(table: Table, query: str) -> list[Place]:
    """Where a query reads a table: its location, or that of each partition that is made up.

    Raises:
        NotProjectedError: the query doesn't say which, or the table has a type that isn't here.
    """
    location = (table.get("StorageDescriptor") or {}).get("Location") or ""
    if not is_projected(table):
        return [Place(location)]
    keys = [str(key["Name"]) for key in table.get("PartitionKeys") or []]
    chosen = itertools.product(*(_values(table["Parameters"], key, query) for key in keys))
    return [_place(table, location, dict(zip(keys, values, strict=True))) for values in chosen]


def _place(table: Table, location: str, values: Mapping[str, str]) -> Place:
    folders = "/".join(f"{key}={quote(value, safe='')}" for key, value in values.items())
    template = table["Parameters"].get("storage.location.template")
    if template is None:
        return Place(f"{location.rstrip('/')}/{folders}/", folders)
    for key, value in values.items():
        template = template.replace(f"${{{key}}}", value)
    return Place(template, folders)


def _values(parameters: Mapping[str, str], key: str, query: str) -> list[str]:
    kind = parameters.get(f"projection.{key}.type")
    if kind == "enum":
        return [value.strip() for value in parameters[f"projection.{key}.values"].split(",")]
    if kind != "injected":
        raise NotProjectedError(
            f"projection.{key}.type {kind} isn't in the local AWS, which has enum and injected."
        )
    asked = list(dict.fromkeys(_compared(query, key.lower())))
    if not asked:
        # AWS's words
        raise NotProjectedError(
            f"CONSTRAINT_VIOLATION: For the injected projected partition column {key}, the WHERE clause must "
            "contain only static equality conditions, and at least one such condition must be present."
        )
    return asked


def _compared(query: str, key: str) -> Iterator[str]:
    """The texts that a query compares a column with, by `=` or `IN`."""
    cursor = athena._Cursor(query)
    while not cursor.at_end():
        found = cursor.identifier()
        if found is None:
            cursor.advance()
        elif found.lower() == key:
            yield from _texts(cursor)


def _texts(cursor: Any) -> Iterator[str]:
    if cursor.punct("=") or (cursor.keywords("in") and cursor.punct("(")):
        while (text := cursor.string()) is not None:
            yield text
            cursor.punct(",")


def _copied(place: Place, workdirs: list[str], copy: Any) -> Iterator[str]:
    """Copy a partition's objects into folders that are named by its keys."""
    copies: list[str] = []
    files = copy(place.location, copies)
    for root in copies:
        base = Path(tempfile.mkdtemp(prefix="local-aws-athena-"))
        workdirs.append(str(base))
        (base / place.folders).parent.mkdir(parents=True)
        Path(root).rename(base / place.folders)
        yield from (str(base / place.folders / Path(file).relative_to(root)) for file in files)
