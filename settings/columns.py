"""The columns of a workload's prepared files, so that they can be asked in SQL."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator

from settings.errors import not_allowed
from settings.schema import Finding, rejected

COLUMN_TYPES = ("tinyint", "int", "bigint", "double", "string")
PARTITION_KEYS = ("run", "part")
"""What tells apart the files of a workload: the run that prepared them, and the folder they are in."""

ALLOWED = (
    f"a column's type is {', '.join(COLUMN_TYPES)}, or it is a list of values, each of which has a column of "
    "0 or 1"
)
# https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
_OTHER_CHARACTERS = re.compile(r"[^a-z0-9]+")


class Column(NamedTuple):
    """A column of a table: its name in SQL, its type, and what it holds."""

    name: str
    type: str
    comment: str = ""


def sql_name(text: str) -> str:
    """A column's name as Athena takes it: lower-case letters and digits, joined by underscores."""
    return _OTHER_CHARACTERS.sub("_", text.lower()).strip("_")


def columns_of(declared: Mapping[str, Any]) -> Iterator[Column]:
    """The columns that are declared, in order: one each, or one for each of a list's values."""
    for name, kind in declared.items():
        if isinstance(kind, str):
            yield Column(sql_name(name), kind)
        else:
            for value in kind:
                yield Column(sql_name(f"{name}_{value}"), "tinyint", f"1 where {name} is {value}")


def _checked(declared: dict[str, Any]) -> dict[str, Any]:
    found = [Finding(("columns", *path), problem) for path, problem in _findings(declared)]
    if found:
        raise rejected(*found)
    return declared


def _findings(declared: Mapping[str, Any]) -> Iterator[Finding]:
    """Say which declarations are no columns, or else which names can't be or are there twice."""
    wrong = [(name, kind) for name, kind in declared.items() if not _is_type(kind) and not _is_values(kind)]
    for name, kind in wrong:
        yield Finding((name,), not_allowed(kind, ALLOWED))
    names = [] if wrong else [column.name for column in columns_of(declared)]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Finding((), f"{names.count(name)} columns would be named {name} in SQL")
        if not name or name in PARTITION_KEYS:
            yield Finding((), f"no column may be named {name!r} in SQL")


def _is_type(kind: object) -> bool:
    return isinstance(kind, str) and kind in COLUMN_TYPES


def _is_values(kind: object) -> bool:
    return isinstance(kind, list) and bool(kind) and all(isinstance(value, str) for value in kind)


Columns = Annotated[dict[str, Any], AfterValidator(_checked)]
"""A column's name -> its type, or the values that have a column each."""
