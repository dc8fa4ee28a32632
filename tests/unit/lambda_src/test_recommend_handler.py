"""The function as its asset holds it, in a process of its own, against an endpoint that this test serves."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[3]
DRIVER = """
import json, sys
from types import SimpleNamespace
from recommend.handler import handler

context = SimpleNamespace(
    function_name="recommend", function_version="1", memory_limit_in_mb=512, aws_request_id="lambda-request",
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:recommend",
)
for line in sys.stdin:
    print("ANSWER " + json.dumps(handler(json.loads(line), context)), flush=True)
"""


class Endpoint(BaseHTTPRequestHandler):
    status = 200
    error = ""
    body = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        if self.error:
            self.send_header("x-amzn-ErrorType", self.error)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output free of the server's log."""


@pytest.fixture
def endpoint() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("QuizEndpoint", (Endpoint,), {}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("asset")
    for package in ("recommend", "http_api"):
        shutil.copytree(PROJECT / "lambda_src" / package, root / package)
    shutil.copy(PROJECT / "training_scripts" / "mysfit_recommender" / "catalogue.json", root)
    return root


class Function:
    """Runs the asset for some events."""

    def __init__(self, asset: Path, endpoint: ThreadingHTTPServer) -> None:
        self.asset = asset
        self.endpoint: Any = endpoint.RequestHandlerClass
        self.url = f"http://127.0.0.1:{endpoint.server_address[1]}"
        self.log = ""

    def answer(
        self, body: str, request_id: str = "gateway-request", query: dict[str, str] | None = None
    ) -> dict[str, Any]:
        event = {
            "body": body,
            "headers": None,
            "queryStringParameters": query,
            "requestContext": {"requestId": request_id},
        }
        return self.answers(event)[0]

    def answers(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        """What one environment answers to these events, one after another."""
        finished = subprocess.run(
            [sys.executable, "-c", DRIVER],
            input="".join(json.dumps(event) + "\n" for event in events),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(self.asset),
                "LAMBDA_TASK_ROOT": str(self.asset),
                "AWS_LAMBDA_FUNCTION_NAME": "recommend",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.url,
                "ENDPOINT_NAME": "quiz",
                "POWERTOOLS_SERVICE_NAME": "recommendation",
            },
        )
        lines = finished.stdout.splitlines()
        self.log = "\n".join(line for line in lines if not line.startswith("ANSWER ")) + finished.stderr
        return [json.loads(line.removeprefix("ANSWER ")) for line in lines if line.startswith("ANSWER ")]

    def metrics(self) -> list[dict[str, Any]]:
        documents = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [document for document in documents if "Recommendations" in document]


@pytest.fixture
def function(asset: Path, endpoint: ThreadingHTTPServer) -> Function:
    return Function(asset, endpoint)


def test_recommends_the_mysfit_of_the_predicted_label(function: Function) -> None:
    # Given a model that predicts label 3
    function.endpoint.body = b'{"predictions": [{"predicted_label": 3.0}]}'

    # When the quiz's answers come in
    answer = function.answer('{"entry": [7, 7, 7, 7, 7]}')

    # Then the answer is that mysfit, and is kept nowhere
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"recommendedMysfit": "da5303ae-5aba-495c-b5d6-eb5c4a66b941"}
    assert answer["headers"] == {"Content-Type": "application/json", "Cache-Control": "no-store"}
    # And it is counted, without a word about the answers
    (metric,) = function.metrics()
    assert (metric["outcome"], metric["endpoint"], metric["Recommendations"]) == (
        "Recommended",
        "quiz",
        [1.0],
    )
    assert "7, 7" not in function.log
    # By its outcome, and by its mysfit
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert [sorted(names) for names in directive["Dimensions"]] == [
        ["endpoint", "outcome", "service"],
        ["endpoint", "mysfit"],
    ]
    assert metric["mysfit"] == "da5303ae-5aba-495c-b5d6-eb5c4a66b941"


def test_a_mysfit_is_counted_in_its_own_answer_only(function: Function) -> None:
    # Given one function that recommends, and then refuses
    function.endpoint.body = b'{"predictions": [{"predicted_label": 3.0}]}'
    function.answers({"body": '{"entry": [7, 7, 7, 7, 7]}'}, {"body": '{"entry": [9, 7, 7, 7, 7]}'})
    # Then the refusal has no mysfit
    recommended, refused = function.metrics()
    assert "mysfit" in recommended
    assert "mysfit" not in refused
    assert len(refused["_aws"]["CloudWatchMetrics"][0]["Dimensions"]) == 1


def test_tells_how_the_recommendation_came_about_if_asked(function: Function) -> None:
    # Given a model that tells its neighbours
    function.endpoint.body = (
        b'{"predictions": [{"predicted_label": 3.0, "distances": [1.0, 2.0], "labels": [3.0, 0.0]}]}'
    )

    answer = function.answer('{"entry": [7, 7, 7, 7, 7]}', query={"details": "true"})

    body = json.loads(answer["body"])
    assert body["recommendedMysfit"] == "da5303ae-5aba-495c-b5d6-eb5c4a66b941"
    assert body["details"]["ranking"] == [
        {"mysfit": "da5303ae-5aba-495c-b5d6-eb5c4a66b941", "share": 0.5},
        {"mysfit": "4e53920c-505a-4a90-a694-b9300791f0ae", "share": 0.5},
    ]
    assert [one["distance"] for one in body["details"]["neighbours"]] == [1.0, 2.0]


def test_a_bad_request_is_answered_and_its_content_not_logged(function: Function) -> None:
    answer = function.answer('{"entry": [77, 1, 1, 1, 1], "surname": "Doe"}')

    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["code"]) == (400, "InvalidRequest")
    assert "entry[0] is 77" in error["message"]
    assert "surname" not in function.log
    assert function.metrics()[0]["outcome"] == "InvalidRequest"


def test_an_endpoint_that_is_missing_says_when_to_try_again(function: Function) -> None:
    function.endpoint.status, function.endpoint.error = 400, "ValidationError"
    function.endpoint.body = b'{"Message": "Endpoint quiz of account 000000000000 not found."}'

    answer = function.answer('{"entry": [1, 1, 1, 1, 1]}')

    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"] == "60"
    assert "not found" in function.log
    assert "account" not in answer["body"]


def test_a_label_without_a_mysfit_is_a_bad_gateway(function: Function) -> None:
    function.endpoint.body = b'{"predictions": [{"predicted_label": 12.0}]}'

    answer = function.answer('{"entry": [1, 1, 1, 1, 1]}')

    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (502, "UnknownLabel")
    assert "label 12; the catalogue holds 0..11" in function.log


def test_a_fault_of_ours_gives_the_request_id_and_no_stack_trace(function: Function) -> None:
    function.endpoint.status, function.endpoint.error = 403, "AccessDeniedException"
    function.endpoint.body = b'{"Message": "User arn:aws:sts::000000000000:assumed-role/r is not authorized"}'

    answer = function.answer('{"entry": [1, 1, 1, 1, 1]}', request_id="abc-123")

    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["code"]) == (500, "InternalError")
    assert "abc-123" in error["message"]
    assert "arn:aws" not in answer["body"]
    assert "Traceback" not in answer["body"]
    assert "not authorized" in function.log
    assert '"correlation_id":"abc-123"' in function.log
