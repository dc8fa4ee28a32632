import base64
from typing import Any

import pytest

from http_api.faults import ApiFault, InvalidRequest, RequestTooLarge, UnsupportedMediaType
from recommend.request import EXPECTED, MAX_BODY_BYTES, read_entry, wants_details

GOOD = '{"entry": [1, 2, 3, 4, 8]}'


def event(body: str | None, **more: Any) -> dict[str, Any]:
    return {"body": body, "headers": None, "isBase64Encoded": False, **more}


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


@pytest.mark.parametrize(
    "given",
    [
        event(GOOD),
        event(f" \n{GOOD}\t"),
        event('{"\\u0065ntry":[1,2,3,4,8]}'),
        event(encoded(GOOD.encode()), isBase64Encoded=True),
        event('{"entry": [1.0, 2, 3.0e0, 4, 80e-1]}'),
        event(GOOD, headers={}),
        event(GOOD, headers={"content-type": "application/json"}),
        event(GOOD, headers={"Content-Type": "Application/JSON; charset=UTF-8"}),
        event(GOOD, headers={"CONTENT-TYPE": 'application/json;charset="utf-8"'}),
        event(GOOD + " " * (MAX_BODY_BYTES - len(GOOD))),
        {"body": GOOD},
    ],
)
def test_reads_the_five_answers(given: dict[str, Any]) -> None:
    assert read_entry(given) == [1, 2, 3, 4, 8]


BAD_BODIES = {
    # nothing there, or not text
    "no body": (None, "empty"),
    "empty body": ("", "empty"),
    "blank body": ("   ", "valid JSON"),
    "lone surrogate": ("\ud800", "UTF-8"),
    "byte order mark": ("\ufeff" + GOOD, "BOM"),
    # not JSON
    "word": ("hello", "line 1, column 1"),
    "form": ("entry=1&entry=2", "valid JSON"),
    "xml": ("<entry>1</entry>", "valid JSON"),
    "cut off": ('{"entry": [1, 2, 3', "valid JSON"),
    "trailing comma": ('{"entry": [1, 2, 3, 4, 5,]}', "valid JSON"),
    "trailing text": (GOOD + "x", "Extra data"),
    "two documents": (GOOD + GOOD, "Extra data"),
    "single quotes": ("{'entry': [1, 2, 3, 4, 5]}", "valid JSON"),
    "comment": ('{"entry": [1, 2, 3, 4, 5]} // mine', "Extra data"),
    "control character": ('{"entry\n": 1}', "valid JSON"),
    "leading zero": ('{"entry": [01, 2, 3, 4, 5]}', "valid JSON"),
    "hexadecimal": ('{"entry": [0x1, 2, 3, 4, 5]}', "valid JSON"),
    "NaN": ('{"entry": [NaN, 2, 3, 4, 5]}', "NaN is not a JSON number"),
    "Infinity": ('{"entry": [Infinity, 2, 3, 4, 5]}', "Infinity is not a JSON number"),
    "-Infinity": ('{"entry": [-Infinity, 2, 3, 4, 5]}', "-Infinity is not a JSON number"),
    "deep lists": ("[" * MAX_BODY_BYTES, ""),
    "deep objects": ('{"a":' * 600 + "1" + "}" * 600, ""),
    "deep answer": ('{"entry": [' + "[" * 900 + "]" * 900 + ", 2, 3, 4, 5]}", "entry[0] is a list."),
    "deeper answer": ('{"entry": [' + "[" * 2000 + "]" * 2000 + ", 2, 3, 4, 5]}", ""),
    # another shape
    "null": ("null", "is null, not an object"),
    "list": ("[1, 2, 3, 4, 5]", "is a list, not an object"),
    "number": ("5", "is a number, not an object"),
    "text": ('"entry"', "is a string, not an object"),
    "boolean": ("true", "is a boolean, not an object"),
    "empty object": ("{}", '"entry" is missing'),
    "other key": ('{"answers": [1, 2, 3, 4, 5]}', 'key "answers" is unknown'),
    "further key": ('{"entry": [1, 2, 3, 4, 5], "name": "x"}', 'key "name" is unknown'),
    "upper case key": ('{"Entry": [1, 2, 3, 4, 5]}', 'key "Entry" is unknown'),
    "long key": (f'{{"{"k" * 200}": 1}}', "kkk…"),
    "duplicate key": (
        '{"entry": [1, 2, 3, 4, 5], "entry": [1, 2, 3, 4, 5]}',
        '"entry" is given more than once',
    ),
    "duplicate nested": ('{"entry": {"a": 1, "a": 2}}', '"a" is given more than once'),
    "entry null": ('{"entry": null}', '"entry" is null, not a list'),
    "entry text": ('{"entry": "12345"}', '"entry" is a string, not a list'),
    "entry number": ('{"entry": 12345}', '"entry" is a number, not a list'),
    "entry object": ('{"entry": {"0": 1}}', '"entry" is an object, not a list'),
    # the wrong answers
    "no answers": ('{"entry": []}', "holds 0 answers, not 5"),
    "four answers": ('{"entry": [1, 2, 3, 4]}', "holds 4 answers, not 5"),
    "six answers": ('{"entry": [1, 2, 3, 4, 5, 6]}', "holds 6 answers, not 5"),
    "nested answers": ('{"entry": [[1, 2, 3, 4, 5]]}', "holds 1 answers, not 5"),
    "zero": ('{"entry": [0, 2, 3, 4, 5]}', "entry[0] is 0."),
    "minus zero": ('{"entry": [-0, 2, 3, 4, 5]}', "entry[0] is 0."),
    "negative": ('{"entry": [1, -2, 3, 4, 5]}', "entry[1] is -2."),
    "nine": ('{"entry": [1, 2, 9, 4, 5]}', "entry[2] is 9."),
    "huge": (f'{{"entry": [1, 2, 3, {"9" * 3000}, 5]}}', "entry[3] is 9999"),
    "float": ('{"entry": [1, 2, 3, 4, 1.5]}', "entry[4] is 1.5."),
    "exponent": ('{"entry": [1e1, 2, 3, 4, 5]}', "entry[0] is 10.0."),
    "overflowing": ('{"entry": [1e999, 2, 3, 4, 5]}', "entry[0] is Infinity."),
    "fraction": ('{"entry": [1.5, 2, 3, 4, 5]}', "entry[0] is 1.5."),
    "boolean answer": ('{"entry": [true, 2, 3, 4, 5]}', "entry[0] is true."),
    "null answer": ('{"entry": [null, 2, 3, 4, 5]}', "entry[0] is null."),
    "text answer": ('{"entry": ["1", 2, 3, 4, 5]}', 'entry[0] is "1".'),
    "list answer": ('{"entry": [[1], 2, 3, 4, 5]}', "entry[0] is a list."),
    "object answer": ('{"entry": [{}, 2, 3, 4, 5]}', "entry[0] is an object."),
}


@pytest.mark.parametrize(("body", "says"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_refuses_a_bad_body_and_says_what_would_be_right(body: str | None, says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_entry(event(body))

    assert says in refused.value.message
    assert refused.value.message.endswith(EXPECTED)
    assert len(refused.value.message) < 400


def test_names_every_fault_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_entry(event('{"entry": [0, 2, "3", 4, 9], "age": 3}'))

    for says in ('key "age"', "entry[0] is 0.", 'entry[2] is "3".', "entry[4] is 9."):
        assert says in refused.value.message


@pytest.mark.parametrize(
    ("given", "fault", "says"),
    [
        (event("@@@@", isBase64Encoded=True), InvalidRequest, "base64"),
        (event("YQ", isBase64Encoded=True), InvalidRequest, "base64"),
        (event("é", isBase64Encoded=True), InvalidRequest, "base64"),
        (event(encoded(b"\xff\xfe"), isBase64Encoded=True), InvalidRequest, "UTF-8"),
        (event(encoded(GOOD.encode("utf-16")), isBase64Encoded=True), InvalidRequest, "UTF-8"),
        (event(" " * (MAX_BODY_BYTES + 1)), RequestTooLarge, "4097 bytes; at most 4096"),
        (event("é" * 2049), RequestTooLarge, "4098 bytes"),
        (event(encoded(b" " * 5000), isBase64Encoded=True), RequestTooLarge, "5000 bytes"),
        (event(GOOD, headers={"content-type": "text/plain"}), UnsupportedMediaType, '"text/plain"'),
        (event(GOOD, headers={"content-type": ""}), UnsupportedMediaType, '""'),
        (event(GOOD, headers={"content-type": "application/jsonp"}), UnsupportedMediaType, "jsonp"),
        (
            event(GOOD, headers={"content-type": "application/json; charset=latin-1"}),
            UnsupportedMediaType,
            "UTF-8",
        ),
    ],
)
def test_refuses_what_is_no_short_json_text(given: dict[str, Any], fault: type[ApiFault], says: str) -> None:
    with pytest.raises(fault) as refused:
        read_entry(given)

    assert says in refused.value.message


@pytest.mark.parametrize(
    ("query", "wanted"),
    [(None, False), ({}, False), ({"details": "false"}, False), ({"details": "true", "x": "1"}, True)],
)
def test_details_are_given_to_who_asks(query: dict[str, str] | None, wanted: bool) -> None:
    assert wants_details(event(GOOD, queryStringParameters=query)) is wanted


@pytest.mark.parametrize("value", ["", "1", "True", "yes", "x" * 99])
def test_a_wrong_value_of_details_is_told(value: str) -> None:
    with pytest.raises(InvalidRequest, match=r'details is ".*it is "true" or "false"'):
        wants_details(event(GOOD, queryStringParameters={"details": value}))
