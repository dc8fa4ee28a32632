"""The recommendation API: what it refuses, in which words, and what it says when there is no model."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest

from tests.fuzzing import fuzz
from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import ENDPOINT, Answer, DeployedPlatform, Hosted

JSON = "application/json"


def body(document: Any) -> bytes:
    return json.dumps(document).encode()


def entry(*answers: Any) -> bytes:
    return body({"entry": list(answers)})


# What the gateway refuses by its shape is described by the shape; the function names the fault.
SHAPE = "the body must be a JSON object with 'entry'"
NO_JSON: list[Any] = [
    pytest.param(b"{", id="open-brace"),
    pytest.param(b'{"entry": [1, 2, 3, 4, 5}', id="open-bracket"),
    pytest.param(b'{"entry": [1, 2, 3, 4, 5,]}', id="trailing-comma"),
    pytest.param(b"{'entry': [1, 2, 3, 4, 5]}", id="single-quotes"),
    pytest.param(b"entry=1,2,3,4,5", id="form"),
    pytest.param(b"1,2,3,4,5", id="csv"),
    pytest.param(b"<entry>1</entry>", id="xml"),
    pytest.param(b'{"entry": [1, 2, 3, 4, 5]} more', id="text-after-it"),
    pytest.param(b'{"entry": [1 2 3 4 5]}', id="no-commas"),
    pytest.param(b'{"entry": [01, 2, 3, 4, 5]}', id="leading-zero"),
    pytest.param(b'{"entry": [+1, 2, 3, 4, 5]}', id="plus-sign"),
    pytest.param(b'{"entry": [0x1, 2, 3, 4, 5]}', id="hexadecimal"),
    pytest.param(b"\xff\xfe\x00", id="no-utf-8"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"   \n", id="white-space"),
]
NO_SHAPE: list[Any] = [
    pytest.param(body(None), id="null"),
    pytest.param(body(True), id="boolean"),
    pytest.param(body(12345), id="number"),
    pytest.param(body("12345"), id="string"),
    pytest.param(body([1, 2, 3, 4, 5]), id="bare-list"),
    pytest.param(body([]), id="empty-list"),
    pytest.param(body({}), id="empty-object"),
    pytest.param(body({"Entry": [1, 2, 3, 4, 5]}), id="another-case"),
    pytest.param(body({"entries": [1, 2, 3, 4, 5]}), id="another-name"),
    pytest.param(body({"entry": None}), id="entry-null"),
    pytest.param(body({"entry": "1,2,3,4,5"}), id="entry-string"),
    pytest.param(body({"entry": 12345}), id="entry-number"),
    pytest.param(body({"entry": {"0": 1}}), id="entry-object"),
    pytest.param(body({"entry": True}), id="entry-boolean"),
]
NAMED: list[Any] = [
    pytest.param(entry(), '"entry" holds 0 answers, not 5', id="no-answers"),
    pytest.param(entry(1), '"entry" holds 1 answers, not 5', id="one-answer"),
    pytest.param(entry(1, 2, 3, 4), '"entry" holds 4 answers, not 5', id="four-answers"),
    pytest.param(entry(1, 2, 3, 4, 5, 6), '"entry" holds 6 answers, not 5', id="six-answers"),
    pytest.param(entry(*[1] * 500), '"entry" holds 500 answers, not 5', id="many-answers"),
    pytest.param(entry([1, 2, 3, 4, 5]), '"entry" holds 1 answers, not 5', id="nested-once"),
    pytest.param(entry(0, 2, 3, 4, 5), "entry[0] is 0", id="zero"),
    pytest.param(entry(1, 9, 3, 4, 5), "entry[1] is 9", id="nine"),
    pytest.param(entry(1, 2, -3, 4, 5), "entry[2] is -3", id="negative"),
    pytest.param(entry(1, 2, 3, 10**30, 5), "entry[3] is 1000000", id="huge"),
    pytest.param(entry(1, 2, 3, 4, 2.5), "entry[4] is 2.5", id="fraction"),
    pytest.param(b'{"entry": [1, 2, 3, 4, 1e999]}', "entry[4] is Infinity", id="beyond-floats"),
    pytest.param(entry("1", 2, 3, 4, 5), 'entry[0] is "1"', id="digit-as-string"),
    pytest.param(entry("", 2, 3, 4, 5), 'entry[0] is ""', id="empty-string"),
    pytest.param(entry(1, None, 3, 4, 5), "entry[1] is null", id="null-answer"),
    pytest.param(entry(1, 2, True, 4, 5), "entry[2] is true", id="true-answer"),
    pytest.param(entry(1, 2, 3, [4], 5), "entry[3] is a list", id="list-answer"),
    pytest.param(entry(1, 2, 3, 4, {"a": 5}), "entry[4] is an object", id="object-answer"),
    pytest.param(entry("x" * 300, 2, 3, 4, 5), "…", id="long-string-is-cut"),
    pytest.param(
        body({"entry": [1, 2, 3, 4, 5], "name": "me"}), 'The key "name" is unknown', id="another-key"
    ),
    pytest.param(
        b'{"entry": [1, 2, 3, 4, 5], "entry": [5, 4, 3, 2, 1]}',
        'The key "entry" is given more than once',
        id="key-twice",
    ),
    pytest.param(entry(0, 9, 3, None, 5), "entry[0] is 0. entry[1] is 9. entry[3] is null", id="all-named"),
]


def refusal(answer: Answer, status: int = 400, code: str = "InvalidRequest") -> str:
    """Assert that the answer is a refusal in the API's own form; gives its message."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"].startswith(JSON)
    document = answer.json()
    assert document.keys() == {"error"}
    assert document["error"].keys() == {"code", "message"}
    assert document["error"]["code"] == code
    message = str(document["error"]["message"])
    assert message
    assert not any(trace in message for trace in ("Traceback", "Exception", 'File "', "$context"))
    return message


@pytest.mark.parametrize("sent", NO_JSON)
def test_a_body_that_is_no_json_is_refused(platform: DeployedPlatform, sent: bytes) -> None:
    message = refusal(platform.ask(sent))
    assert SHAPE in message or "The body" in message


@pytest.mark.parametrize("sent", NO_SHAPE)
def test_json_of_another_shape_is_refused(platform: DeployedPlatform, sent: bytes) -> None:
    message = refusal(platform.ask(sent))
    assert "five whole numbers from 1 to 8" in message or "5 whole numbers from 1 to 8" in message


@pytest.mark.parametrize(("sent", "named"), NAMED)
def test_a_fault_in_the_answers_is_named(platform: DeployedPlatform, sent: bytes, named: str) -> None:
    message = refusal(platform.ask(sent))
    assert named in message
    assert "5 whole numbers from 1 to 8" in message


def test_a_body_longer_than_any_valid_one_is_refused(platform: DeployedPlatform) -> None:
    answer = platform.ask(b'{"entry": [1, 2, 3, 4, 5]' + b" " * 5000 + b"}")
    assert "5026 bytes; at most 4096" in refusal(answer, 413, "RequestTooLarge")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/json; charset=latin-1"]
)
def test_another_media_type_is_refused(platform: DeployedPlatform, content_type: str) -> None:
    answer = platform.ask(Content_Type=content_type)
    assert "application/json" in refusal(answer, 415, "UnsupportedMediaType")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "recommendations"), ("POST", "recommendation"), ("POST", "")]
)
def test_what_the_api_does_not_have_is_not_found(platform: DeployedPlatform, method: str, path: str) -> None:
    answer = platform.ask(method=method, path=path)
    assert "POST /recommendations" in refusal(answer, 404, "NotFound")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    "sent",
    [
        entry(1, 1, 1, 1, 1),
        entry(8, 8, 8, 8, 8),
        b'\n {"entry":[1,2,3,4,5]} \n',
        b'{"\\u0065ntry": [1, 2, 3, 4, 5]}',
    ],
    ids=["lowest", "highest", "white-space", "escaped"],
)
def test_unusual_but_valid_bodies_are_answered(platform: DeployedPlatform, sent: bytes) -> None:
    assert platform.ask(sent).status == 200


def test_without_its_endpoint_the_api_says_when_to_try_again_and_a_deployment_heals_it(
    platform: DeployedPlatform, happy: HappyRun, served: Hosted
) -> None:
    platform.client("sagemaker").delete_endpoint(EndpointName=ENDPOINT)
    answer = platform.ask()
    refusal(answer, 503, "EndpointUnavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert platform.deploy_package(happy.package).output["outcome"] == "Deployed"
    assert platform.ask().status == 200
    assert platform.hosted().package == served.package
    platform.remove_endpoint()


def test_the_document_is_served_under_the_apis_address_and_the_websites(platform: DeployedPlatform) -> None:
    # Given the document at the API's own address
    answer = platform.ask(b"", method="GET", path="openapi.json")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == JSON
    # Then it is the same at the website's, and one line of it refers to another
    with urllib.request.urlopen(f"{platform.site_url()}api/openapi.json") as through_the_site:  # noqa: S310
        assert json.loads(through_the_site.read()) == answer.json()
    posted = answer.json()["paths"]["/recommendations"]["post"]["requestBody"]["content"][JSON]
    assert posted["schema"] == {"$ref": "#/components/schemas/QuizAnswers"}


def test_the_document_takes_no_other_media_type(platform: DeployedPlatform) -> None:
    answer = platform.ask(b"", method="GET", path="openapi.json", Content_Type="text/plain")
    refusal(answer, 415, "UnsupportedMediaType")


PREDICTION = "predictions/mysfit_recommender"
VISITOR = {"age": 1, "occupation": 2, "relaxing_activity": 3, "colour": 4, "extreme_sport": 5}


@pytest.mark.usefixtures("served")
def test_a_workloads_words_are_predicted_as_on_the_command_line(platform: DeployedPlatform) -> None:
    # Given what the operator's command answers
    told = platform.manage_json("predict", "mysfit_recommender", json.dumps(VISITOR))
    # When the API is asked, for one and for several
    one = platform.ask(body(VISITOR), path=PREDICTION)
    several = platform.ask(body([VISITOR, VISITOR]), path=PREDICTION)
    # Then it answers the same
    assert (one.status, several.status) == (200, 200), one.text
    assert one.json() == json.loads(told["body"])
    assert several.json() == [one.json()] * 2


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({**VISITOR, "age": 9}, "age is 9, it must be a whole number from 1 to 8"),
        ({"age": 1}, "occupation is missing"),
        ([VISITOR, {**VISITOR, "sex": 1}], "visitor 2: 'sex' is not a question"),
    ],
)
def test_a_wrong_word_is_named(platform: DeployedPlatform, document: Any, named: str) -> None:
    assert named in refusal(platform.ask(body(document), path=PREDICTION))


def test_a_workload_that_the_settings_leave_out_is_not_found(platform: DeployedPlatform) -> None:
    answer = platform.ask(body(VISITOR), path="predictions/census_income")
    assert f"POST /{PREDICTION}" in refusal(answer, 404, "NotFound")


@pytest.mark.usefixtures("served")
def test_generated_requests_are_answered_as_the_document_says(platform: DeployedPlatform) -> None:
    # Given some hundreds of requests, valid and invalid, generated from the document
    done = fuzz(platform.api_url(), 40, capture=True)
    # Then every answer is one that it has
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None
    assert int(generated[1]) > 200, done.stdout
