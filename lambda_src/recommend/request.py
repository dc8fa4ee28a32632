"""Reads the quiz's answers out of an API Gateway proxy event, and says what is wrong with a bad one.

Event format:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from collections.abc import Mapping
from typing import Any

from http_api.body import kind, quoted, read_json
from http_api.faults import InvalidRequest

MAX_BODY_BYTES = 4096
QUESTIONS = 5
LOWEST_ANSWER = 1
HIGHEST_ANSWER = 8
EXPECTED = (
    f'Send {{"entry": [1, 2, 3, 4, 5]}}: {QUESTIONS} whole numbers '
    f"from {LOWEST_ANSWER} to {HIGHEST_ANSWER}, one for each question."
)


def read_entry(event: Mapping[str, Any]) -> list[int]:
    """Return the five answers; raises `InvalidRequest`, `RequestTooLarge` or `UnsupportedMediaType`."""
    return _entry(read_json(event, max_bytes=MAX_BODY_BYTES, expected=EXPECTED))


def wants_details(event: Mapping[str, Any]) -> bool:
    """Whether `?details=true` is asked for; raises `InvalidRequest` for a value that isn't true or false."""
    value = (event.get("queryStringParameters") or {}).get("details", "false")
    if value not in ("true", "false"):
        raise InvalidRequest(f'The query parameter details is {quoted(value)}; it is "true" or "false".')
    return bool(value == "true")


def _entry(document: object) -> list[int]:
    if not isinstance(document, dict):
        raise InvalidRequest(f"The body is {kind(document)}, not an object. {EXPECTED}")
    problems = [
        f'The key {quoted(key)} is unknown; only "entry" is allowed.' for key in document if key != "entry"
    ]
    if "entry" in document:
        problems += _entry_problems(document["entry"])
    else:
        problems.append('The key "entry" is missing.')
    if problems:
        raise InvalidRequest(f"{' '.join(problems)} {EXPECTED}")
    return [int(answer) for answer in document["entry"]]


def _entry_problems(entry: object) -> list[str]:
    if not isinstance(entry, list):
        return [f'"entry" is {kind(entry)}, not a list.']
    if len(entry) != QUESTIONS:
        return [f'"entry" holds {len(entry)} answers, not {QUESTIONS}.']
    return [
        f"entry[{index}] is {quoted(answer)}." for index, answer in enumerate(entry) if not _is_answer(answer)
    ]


def _is_answer(answer: object) -> bool:
    """Whether it is a whole number in range, written as 8 or, which JSON makes the same, as 8.0."""
    return (
        isinstance(answer, int | float)
        and not isinstance(answer, bool)
        and LOWEST_ANSWER <= answer <= HIGHEST_ANSWER
        and answer == int(answer)
    )
