"""The dataset under analysis: one table, its columns named, the configuration's columns found in it."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from local_aws.images.algorithms.clarify.configuration import Analysis
from local_aws.images.toolkit.errors import ClientError


@dataclass(frozen=True)
class Dataset:
    """The table, and the configuration's columns by name."""

    table: pd.DataFrame
    label: str
    facets: tuple[str, ...]
    group: str | None

    @property
    def features(self) -> pd.DataFrame:
        """What the model is asked: all but the label."""
        return self.table.drop(columns=self.label)


def read(folder: Path, analysis: Analysis) -> Dataset:
    """The dataset of all files in a folder.

    Raises:
        ClientError: there is none, or it doesn't fit the configuration.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        raise ClientError("The dataset has no files; give a ProcessingInput 'dataset'.")
    table = pd.concat([_read_file(path, analysis.headers) for path in files], ignore_index=True)
    names = [str(name) for name in table.columns]
    return Dataset(
        table=table,
        label=_column(analysis.label, names, "label"),
        facets=tuple(_column(facet.column, names, "facet") for facet in analysis.facets),
        group=None
        if analysis.group_variable is None
        else _column(analysis.group_variable, names, "group_variable"),
    )


def _read_file(path: Path, headers: list[str] | None) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, header=0 if headers is None else None, skipinitialspace=True)
    except ValueError as error:
        raise ClientError(f"The dataset's file {path.name} can't be read as CSV: {error}") from None
    if headers is None:
        return table
    if len(headers) != table.shape[1]:
        raise ClientError(
            f"'headers' has {len(headers)} names, but the dataset ({path.name}) has {table.shape[1]} columns."
        )
    return table.set_axis(headers, axis="columns")


def _column(name_or_index: str | int, names: list[str], role: str) -> str:
    if isinstance(name_or_index, int):
        if not 0 <= name_or_index < len(names):
            raise ClientError(f"The {role} column {name_or_index} is not one of 0 to {len(names) - 1}.")
        return names[name_or_index]
    if name_or_index not in names:
        raise ClientError(
            f"The {role} column '{name_or_index}' is not in the dataset; its columns: {', '.join(names)}."
        )
    return name_or_index
