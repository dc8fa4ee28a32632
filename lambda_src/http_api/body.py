"""Reads JSON out of an API Gateway proxy event, and says what is wrong with what isn't.

Event format:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from .faults import InvalidRequest, RequestTooLarge, UnsupportedMediaType

_LONGEST_QUOTE = 40


def read_json(event: Mapping[str, Any], *, max_bytes: int, expected: str) -> object:
    """Return the body's document; a refusal ends with `expected`, which says what would be right.

    Raises `InvalidRequest`, `RequestTooLarge` or `UnsupportedMediaType`.
    """
    _require_json(event.get("headers") or {})
    try:
        return _document(_text(event, max_bytes))
    except _Unreadable as fault:
        raise InvalidRequest(f"{fault} {expected}") from fault


class _Unreadable(Exception):
    """What is wrong with the body."""


def _require_json(headers: Mapping[str, str]) -> None:
    """Refuse a declared type other than JSON in UTF-8; a request that declares none is taken as JSON."""
    declared = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    if declared is None:
        return
    media_type, *parameters = (part.strip().lower() for part in declared.split(";"))
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    if media_type != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise UnsupportedMediaType(
            f"Content-Type is {quoted(declared)}; the API takes application/json in UTF-8."
        )


def _text(event: Mapping[str, Any], max_bytes: int) -> str:
    body = event.get("body")
    if not isinstance(body, str) or not body:
        raise _Unreadable("The body is empty.")
    try:
        if event.get("isBase64Encoded"):
            return _within_limit(_decoded(body), max_bytes).decode()
        return _within_limit(body.encode(), max_bytes).decode()
    except UnicodeError as error:
        raise _Unreadable("The body isn't text in UTF-8.") from error


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise _Unreadable("The body isn't valid base64.") from error


def _within_limit(body: bytes, max_bytes: int) -> bytes:
    if len(body) > max_bytes:
        raise RequestTooLarge(f"The body has {len(body)} bytes; at most {max_bytes} are allowed.")
    return body


def _document(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _Unreadable(f"The body isn't valid JSON ({where}: {error.msg}).") from error
    except RecursionError as error:
        raise _Unreadable("The body is nested too deeply.") from error
    except ValueError as error:  # Python reads integers of some thousand digits at most
        raise _Unreadable("The body holds a number that is too long.") from error


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise _Unreadable(f"The key {quoted(repeated)} is given more than once.")
    return document


def _refuse_constant(constant: str) -> NoReturn:
    raise _Unreadable(f"The body isn't valid JSON ({constant} is not a JSON number).")


def kind(value: object) -> str:
    """The JSON name of a value's type."""
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return names[type(value)]


def quoted(value: object) -> str:
    """A plain value as JSON, cut so that an answer never repeats a whole body; otherwise only its kind."""
    if isinstance(value, list | dict):
        return kind(value)
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
