"""Reads the quiz's answers out of an API Gateway proxy event, and says what is wrong with a bad one.

Event format:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from .faults import InvalidRequest, RequestTooLarge, UnsupportedMediaType

MAX_BODY_BYTES = 4096
QUESTIONS = 5
LOWEST_ANSWER = 1
HIGHEST_ANSWER = 8
EXPECTED = (
    f'Send {{"entry": [1, 2, 3, 4, 5]}}: {QUESTIONS} whole numbers '
    f"from {LOWEST_ANSWER} to {HIGHEST_ANSWER}, one for each question."
)

_LONGEST_QUOTE = 40


def read_entry(event: Mapping[str, Any]) -> list[int]:
    """Return the five answers; raises `InvalidRequest`, `RequestTooLarge` or `UnsupportedMediaType`."""
    _require_json(event.get("headers") or {})
    return _entry(_document(_text(event)))


def wants_details(event: Mapping[str, Any]) -> bool:
    """Whether `?details=true` is asked for; raises `InvalidRequest` for a value that isn't true or false."""
    value = (event.get("queryStringParameters") or {}).get("details", "false")
    if value not in ("true", "false"):
        raise InvalidRequest(f'The query parameter details is {_quoted(value)}; it is "true" or "false".')
    return bool(value == "true")


def _require_json(headers: Mapping[str, str]) -> None:
    """Refuse a declared type other than JSON in UTF-8; a request that declares none is taken as JSON."""
    declared = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    if declared is None:
        return
    media_type, *parameters = (part.strip().lower() for part in declared.split(";"))
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    if media_type != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise UnsupportedMediaType(
            f"Content-Type is {_quoted(declared)}; the API takes application/json in UTF-8."
        )


def _text(event: Mapping[str, Any]) -> str:
    body = event.get("body")
    if not isinstance(body, str) or not body:
        raise InvalidRequest(f"The body is empty. {EXPECTED}")
    try:
        if event.get("isBase64Encoded"):
            return _within_limit(_decoded(body)).decode()
        return _within_limit(body.encode()).decode()
    except UnicodeError as error:
        raise InvalidRequest(f"The body isn't text in UTF-8. {EXPECTED}") from error


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise InvalidRequest(f"The body isn't valid base64. {EXPECTED}") from error


def _within_limit(body: bytes) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise RequestTooLarge(f"The body has {len(body)} bytes; at most {MAX_BODY_BYTES} are allowed.")
    return body


def _document(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidRequest(f"The body isn't valid JSON ({where}: {error.msg}). {EXPECTED}") from error
    except RecursionError as error:
        raise InvalidRequest(f"The body is nested too deeply. {EXPECTED}") from error


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise InvalidRequest(f"The key {_quoted(repeated)} is given more than once. {EXPECTED}")
    return document


def _refuse_constant(constant: str) -> NoReturn:
    raise InvalidRequest(f"The body isn't valid JSON ({constant} is not a JSON number). {EXPECTED}")


def _entry(document: object) -> list[int]:
    if not isinstance(document, dict):
        raise InvalidRequest(f"The body is {_kind(document)}, not an object. {EXPECTED}")
    problems = [
        f'The key {_quoted(key)} is unknown; only "entry" is allowed.' for key in document if key != "entry"
    ]
    if "entry" in document:
        problems += _entry_problems(document["entry"])
    else:
        problems.append('The key "entry" is missing.')
    if problems:
        raise InvalidRequest(f"{' '.join(problems)} {EXPECTED}")
    return list(document["entry"])


def _entry_problems(entry: object) -> list[str]:
    if not isinstance(entry, list):
        return [f'"entry" is {_kind(entry)}, not a list.']
    if len(entry) != QUESTIONS:
        return [f'"entry" holds {len(entry)} answers, not {QUESTIONS}.']
    return [
        f"entry[{index}] is {_quoted(answer)}."
        for index, answer in enumerate(entry)
        if type(answer) is not int or not LOWEST_ANSWER <= answer <= HIGHEST_ANSWER
    ]


def _kind(value: object) -> str:
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


def _quoted(value: object) -> str:
    """A plain value as JSON, cut so that an answer never repeats a whole body; otherwise only its kind."""
    if isinstance(value, list | dict):
        return _kind(value)
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
