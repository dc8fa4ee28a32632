"""Predictions from a model's answers: a number or label for each record, by column or by JMESPath."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pandas as pd

from local_aws.images.algorithms.clarify.configuration import Predictor
from local_aws.images.toolkit.errors import ClientError

# An endpoint takes 6 MB.
LARGEST_BODY_BYTES = 5_000_000


def batches(features: pd.DataFrame) -> Iterator[bytes]:
    """The records as CSV, in bodies that an endpoint takes."""
    lines = features.to_csv(header=False, index=False).encode().splitlines(keepends=True)
    body: list[bytes] = []
    size = 0
    for line in lines:
        if body and size + len(line) > LARGEST_BODY_BYTES:
            yield b"".join(body)
            body, size = [], 0
        body.append(line)
        size += len(line)
    if body:
        yield b"".join(body)


def labels(answers: list[str], predictor: Predictor, threshold: float, like: pd.Series) -> pd.Series:
    """The predicted labels, of the same type as the true ones.

    A label that the model answers is taken as it is; a probability above the threshold is a 1.

    Raises:
        ClientError: the answers don't fit the records or the configuration.
    """
    records = [record for answer in answers for record in _records(answer, predictor.accept_type)]
    if len(records) != len(like):
        raise ClientError(f"The model answered {len(records)} predictions for {len(like)} records.")
    if predictor.label is not None:
        given = pd.Series([_pick(record, predictor.label) for record in records])
        return _as_type(given, like)
    place = 0 if predictor.probability is None else predictor.probability
    probabilities = [_number(_pick(record, place)) for record in records]
    return _as_type(pd.Series([int(value > threshold) for value in probabilities]), like)


def _records(answer: str, accept_type: str) -> list[Any]:
    if accept_type == "text/csv":
        return [row for row in csv.reader(io.StringIO(answer)) if row]
    return [json.loads(line) for line in answer.splitlines() if line.strip()]


def _pick(record: Any, place: str | int) -> Any:
    try:
        found = record[place] if isinstance(place, int) else jmespath.search(place, record)
    except (IndexError, KeyError, TypeError):
        found = None
    if found is None:
        raise ClientError(f"The model's answer {str(record)[:80]} has nothing at {place!r}.")
    return found


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ClientError(
            f"The model's answer {value!r} is no probability; say in 'predictor' where its label is."
        ) from None


def _as_type(values: pd.Series, like: pd.Series) -> pd.Series:
    try:
        return (pd.to_numeric(values) if pd.api.types.is_numeric_dtype(like) else values).astype(like.dtype)
    except (TypeError, ValueError):
        raise ClientError(
            f"The model's labels, such as {values.iloc[0]!r}, aren't like the dataset's, such as "
            f"{like.iloc[0]!r}."
        ) from None
