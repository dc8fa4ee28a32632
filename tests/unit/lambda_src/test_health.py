"""The health function, its client stubbed."""

import importlib
import json
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

CONTEXT = SimpleNamespace(aws_request_id="lambda-request")
EVENT = {"requestContext": {"requestId": "gateway-request"}}


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    monkeypatch.setenv("ENDPOINT_NAME", "quiz")
    sys.modules.pop("health.handler", None)
    module = importlib.import_module("health.handler")
    with Stubber(module.client) as stub:
        yield SimpleNamespace(
            handler=module.handler, time=module.time, kept_seconds=module.KEPT_SECONDS, stub=stub
        )
        stub.assert_no_pending_responses()
    sys.modules.pop("health.handler", None)


def described(status: str) -> dict[str, Any]:
    return {
        "EndpointName": "quiz",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/quiz",
        "EndpointStatus": status,
        "CreationTime": 0,
        "LastModifiedTime": 0,
    }


@pytest.mark.parametrize("status", ["InService", "Updating", "RollingBack"])
def test_an_endpoint_that_answers_is_healthy(health: SimpleNamespace, status: str) -> None:
    health.stub.add_response("describe_endpoint", described(status), {"EndpointName": "quiz"})
    answer = health.handler(EVENT, CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": status})
    assert answer["headers"]["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", ["Creating", "OutOfService", "Failed", "Deleting"])
def test_an_endpoint_that_does_not_answer_is_not(health: SimpleNamespace, status: str) -> None:
    health.stub.add_response("describe_endpoint", described(status))
    answer = health.handler(EVENT, CONTEXT)
    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["code"]) == (503, "EndpointUnavailable")
    assert status in error["message"]
    assert int(answer["headers"]["Retry-After"]) > 0


def test_an_endpoint_that_is_not_there_is_not(health: SimpleNamespace) -> None:
    health.stub.add_client_error(
        "describe_endpoint", "ValidationException", "Could not find endpoint", http_status_code=400
    )
    answer = health.handler(EVENT, CONTEXT)
    assert answer["statusCode"] == 503
    assert "missing" in json.loads(answer["body"])["error"]["message"]


def test_a_fault_of_ours_gives_the_request_id_only(health: SimpleNamespace) -> None:
    health.stub.add_client_error("describe_endpoint", "AccessDeniedException", "arn:aws:iam::0:role/r")
    answer = health.handler(EVENT, CONTEXT)
    assert answer["statusCode"] == 500
    assert "gateway-request" in answer["body"]
    assert "arn:aws" not in answer["body"]


def test_sagemaker_is_asked_once_in_a_few_seconds(
    health: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a clock
    now = 100.0
    monkeypatch.setattr(health.time, "monotonic", lambda: now)
    health.stub.add_response("describe_endpoint", described("InService"))
    health.stub.add_response("describe_endpoint", described("Failed"))
    # When many ask at once, then one later
    statuses = [health.handler(EVENT, CONTEXT)["statusCode"] for _ in range(3)]
    now += health.kept_seconds + 1
    statuses.append(health.handler(EVENT, CONTEXT)["statusCode"])
    # Then SageMaker was asked twice
    assert statuses == [200, 200, 200, 503]
