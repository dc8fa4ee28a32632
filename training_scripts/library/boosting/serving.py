"""The handlers with which SageMaker's framework containers serve a model: load, read, predict, answer.

| content type | body |
| --- | --- |
| text/csv | encoded rows, one a line, without a label |
| application/jsonlines | encoded rows, `{"features": [...]}` a line |
| application/json | encoded rows, `{"instances": [{"features": [...]}]}` |
| application/json | anything else: a raw record or a list of them, encoded here as the training data was |

The answer is the probability of label 1 of each row: a line each for text/csv, `{"score": p}` a line for
application/jsonlines, `{"predictions": [{"score": p}]}` for application/json. What can't be answered is a
ValueError whose text says what was wrong and what would be right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xgboost

from library.boosting import channel, model_folder
from library.boosting.channel import Floats
from library.encoding import Encoder
from library.faults import InvalidDataError, shown

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"
CONTENT_TYPES = (CSV, JSON, JSON_LINES)
ANY = "*/*"


@dataclass(frozen=True)
class Model:
    """A booster, and the encoder of its training data if it was saved with one."""

    booster: xgboost.Booster
    encoder: Encoder | None


@dataclass(frozen=True)
class RawRecords:
    """A record, or a list of them, to be encoded."""

    document: object


def model_fn(model_dir: str) -> Model:
    """Load the model folder."""
    folder = Path(model_dir)
    path = model_folder.encoder_of(folder)
    encoder = Encoder.from_document(json.loads(path.read_text(encoding="utf-8"))) if path else None
    return Model(model_folder.load(folder), encoder)


def input_fn(body: bytes | str, content_type: str) -> Floats | RawRecords:
    """Return the rows of a request, or the raw records in it."""
    data = body.encode() if isinstance(body, str) else bytes(body)
    kind = _media_type(content_type, "content type")
    if kind == CSV:
        return _rows(data.splitlines())
    if kind == JSON_LINES:
        lines = [line for line in data.splitlines() if line.strip()]
        return _rows([_features(_json(line, f"line {n}"), f"line {n}") for n, line in enumerate(lines, 1)])
    document = _json(data, "the body")
    if isinstance(document, dict) and "instances" in document:
        return _rows(_instances(document["instances"]))
    return RawRecords(document)


def predict_fn(request: Floats | RawRecords, model: Model) -> Floats:
    """Return the probability of label 1 of each row."""
    rows = _encoded(request, model.encoder) if isinstance(request, RawRecords) else request
    expected = model.booster.num_features()
    if rows.shape[1] != expected:
        raise ValueError(f"a row has {rows.shape[1]} features, the model takes {expected}")
    probabilities: Floats = model.booster.inplace_predict(rows)
    return probabilities


def output_fn(predictions: Floats, accept: str) -> tuple[str, str]:
    """Return the body of the answer and its content type."""
    kind = CSV if accept in ("", ANY) else _media_type(accept, "accept")
    scores = [float(prediction) for prediction in predictions]
    if kind == CSV:
        return "\n".join(map(repr, scores)), kind
    if kind == JSON:
        return json.dumps({"predictions": [{"score": score} for score in scores]}), kind
    return "\n".join(json.dumps({"score": score}) for score in scores), kind


def _media_type(header: str, name: str) -> str:
    kind = header.split(";", maxsplit=1)[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise ValueError(f"{name} {shown(header)} is not supported, it must be {' or '.join(CONTENT_TYPES)}")
    return kind


def _json(text: bytes, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{place} is not JSON: {error}") from error


def _instances(instances: object) -> list[bytes]:
    if not isinstance(instances, list):
        raise ValueError(f'instances: {shown(instances)} is not a list of {{"features": [...]}}')  # noqa: TRY004
    return [_features(instance, f"instance {number}") for number, instance in enumerate(instances, start=1)]


def _features(instance: object, place: str) -> bytes:
    """Return the row of an instance, as CSV."""
    features = instance.get("features") if isinstance(instance, dict) else None
    if not isinstance(features, list) or not all(_is_cell(value) for value in features):
        raise ValueError(f'{place}: {shown(instance)} is not {{"features": [...]}} with numbers or null')
    return ",".join("" if value is None else repr(value) for value in features).encode()


def _is_cell(value: object) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _rows(lines: list[bytes]) -> Floats:
    try:
        return channel.parse("the body", lines, labelled=False)
    except InvalidDataError as error:
        raise ValueError(str(error)) from error


def _encoded(records: RawRecords, encoder: Encoder | None) -> Floats:
    if encoder is None:
        raise ValueError(
            'the model has no encoder: send encoded rows, as {"instances": [{"features": [...]}]}'
        )
    return _rows(encoder.rows(records.document).encode().splitlines())
