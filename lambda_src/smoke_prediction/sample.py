"""The recorded request, and the answer that the model gave to it when it was evaluated."""

import json
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One request and its answer, both as text."""

    content_type: str
    accept: str
    body: str
    expected: str


def parse_sample(document: bytes) -> Sample:
    """Read `sample.json`; raises `ValueError` when it isn't an object with a sample's texts."""
    values = json.loads(document)
    names = [field.name for field in fields(Sample)]
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in names):
        raise ValueError(f"must be an object with the texts {', '.join(names)}")
    return Sample(**{name: values[name] for name in names})
