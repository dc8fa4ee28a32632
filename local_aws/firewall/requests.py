"""A web request as a firewall sees it, and the parts of it that statements name.

https://docs.aws.amazon.com/waf/latest/APIReference/API_FieldToMatch.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotEvaluated(Exception):  # noqa: N818 - what is wrong is that it isn't
    """A statement, or a part of one, that is not evaluated here; the text names it."""


@dataclass(frozen=True)
class WebRequest:
    """What came in; the names of headers are in lower case."""

    address: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def part(request: WebRequest, field: Mapping[str, Any]) -> bytes | None:
    """What the field to match names, None if the request doesn't have it. Raises NotEvaluated."""
    ((kind, named),) = field.items()
    match kind:
        case "SingleHeader":
            value = request.headers.get(str(named["Name"]).lower())
            return None if value is None else value.encode()
        case "Method":
            return request.method.encode()
        case "UriPath":
            return request.path.encode()
        case "QueryString":
            return request.query.encode()
        case "Body":
            return request.body
        case _:
            raise NotEvaluated(kind)
