import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.response import StreamingBody
from botocore.stub import Stubber

from http_api.faults import (
    ApiFault,
    EndpointTimeout,
    EndpointUnavailable,
    ModelFailed,
    UnreadablePrediction,
)
from http_api.invocation import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    STALE_CONNECTION_SECONDS,
    runtime_client,
)
from recommend.endpoint import Endpoint

URL = "https://runtime.sagemaker.us-east-1.amazonaws.com"
API_GATEWAY_TIMEOUT_SECONDS = 29


def answer(text: str) -> dict[str, Any]:
    body = text.encode()
    return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"}


class FaultyClient:
    """Raises what it is given, one after another, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def invoke_endpoint(self, **_: object) -> dict[str, Any]:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return answer('{"predictions": [{"predicted_label": 7.0}]}')


def test_asks_knn_in_its_json_format(runtime: Any, runtime_stub: Stubber) -> None:
    runtime_stub.add_response(
        "invoke_endpoint",
        answer('{"predictions": [{"predicted_label": 3.0}]}'),
        {
            "EndpointName": "quiz",
            "ContentType": "application/json",
            "Accept": "application/json",
            "Body": json.dumps({"instances": [{"features": [1, 2, 3, 4, 5]}]}).encode(),
        },
    )

    label = Endpoint(runtime, "quiz").predict_label([1, 2, 3, 4, 5])

    assert label == 3
    assert type(label) is int


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[" * 5000,
        "{}",
        "[]",
        "null",
        '{"predictions": []}',
        '{"predictions": [{"predicted_label": 1}, {"predicted_label": 2}]}',
        '{"predictions": [{"label": 1}]}',
        '{"predictions": [1]}',
        '{"predictions": 5}',
        '{"predictions": [{"predicted_label": null}]}',
        '{"predictions": [{"predicted_label": "3"}]}',
        '{"predictions": [{"predicted_label": true}]}',
        '{"predictions": [{"predicted_label": 3.5}]}',
        '{"predictions": [{"predicted_label": NaN}]}',
        '{"predictions": [{"predicted_label": 1e999}]}',
    ],
)
def test_an_answer_that_is_no_single_label_is_the_models_fault(
    runtime: Any, runtime_stub: Stubber, text: str
) -> None:
    runtime_stub.add_response("invoke_endpoint", answer(text))

    with pytest.raises(UnreadablePrediction) as fault:
        Endpoint(runtime, "quiz").predict_label([1, 1, 1, 1, 1])

    assert fault.value.status == 502


@pytest.mark.parametrize(
    ("code", "http_status", "fault", "status"),
    [
        ("ValidationError", 400, EndpointUnavailable, 503),
        ("ModelNotReadyException", 429, EndpointUnavailable, 503),
        ("ThrottlingException", 400, EndpointUnavailable, 503),
        ("ServiceUnavailable", 503, EndpointUnavailable, 503),
        ("ModelError", 424, ModelFailed, 502),
    ],
)
def test_the_services_errors_become_answers(
    runtime: Any,
    runtime_stub: Stubber,
    code: str,
    http_status: int,
    fault: type[ApiFault],
    status: int,
) -> None:
    runtime_stub.add_client_error(
        "invoke_endpoint", code, "Endpoint quiz of account 1 not found.", http_status
    )

    with pytest.raises(fault) as raised:
        Endpoint(runtime, "quiz").predict_label([1, 1, 1, 1, 1])

    assert raised.value.status == status
    assert (raised.value.retry_after_seconds is not None) == (status == 503)
    assert code in raised.value.detail


def test_a_containers_message_is_not_kept_since_it_may_repeat_the_request(
    runtime: Any, runtime_stub: Stubber
) -> None:
    runtime_stub.add_client_error("invoke_endpoint", "ModelError", "can't use 8,8,8,8,8", 424)

    with pytest.raises(ModelFailed) as fault:
        Endpoint(runtime, "quiz").predict_label([8, 8, 8, 8, 8])

    assert "8,8" not in fault.value.detail + fault.value.message


def test_a_missing_permission_is_passed_on_as_it_is(runtime: Any, runtime_stub: Stubber) -> None:
    runtime_stub.add_client_error("invoke_endpoint", "AccessDeniedException", "not authorized", 403)

    with pytest.raises(ClientError, match="not authorized"):
        Endpoint(runtime, "quiz").predict_label([1, 1, 1, 1, 1])


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ReadTimeoutError(endpoint_url=URL), EndpointTimeout),
        (ConnectTimeoutError(endpoint_url=URL), EndpointTimeout),
        (EndpointConnectionError(endpoint_url=URL), EndpointUnavailable),
    ],
)
def test_network_errors_become_answers_without_a_retry(error: Exception, fault: type[ApiFault]) -> None:
    client = FaultyClient(error)

    with pytest.raises(fault):
        Endpoint(client, "quiz").predict_label([1, 1, 1, 1, 1])

    assert client.calls == 1


def clock(*times: float) -> Callable[[], float]:
    return iter(times).__next__


def test_a_kept_connection_that_went_stale_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("http_api.invocation.time.monotonic", clock(0, 0.01))
    client = FaultyClient(ConnectionClosedError(endpoint_url=URL))

    assert Endpoint(client, "quiz").predict_label([1, 1, 1, 1, 1]) == 7
    assert client.calls == 2


def test_a_connection_lost_after_a_wait_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("http_api.invocation.time.monotonic", clock(0, STALE_CONNECTION_SECONDS + 1))
    client = FaultyClient(ConnectionClosedError(endpoint_url=URL))

    with pytest.raises(EndpointUnavailable):
        Endpoint(client, "quiz").predict_label([1, 1, 1, 1, 1])

    assert client.calls == 1


def test_the_client_gives_up_before_api_gateway_does() -> None:
    config = runtime_client().meta.config

    assert config.connect_timeout == CONNECT_TIMEOUT_SECONDS
    assert config.read_timeout == READ_TIMEOUT_SECONDS
    assert config.retries["total_max_attempts"] == 1
    longest = STALE_CONNECTION_SECONDS + CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS
    assert longest < API_GATEWAY_TIMEOUT_SECONDS - 1


NEIGHBOURS = '{"predicted_label": 3.0, "distances": [0.0, 1.5], "labels": [3.0, 4.0]}'


def test_asks_for_the_neighbours_in_knns_verbose_format(runtime: Any, runtime_stub: Stubber) -> None:
    runtime_stub.add_response(
        "invoke_endpoint",
        answer(f'{{"predictions": [{NEIGHBOURS}]}}'),
        {
            "EndpointName": "quiz",
            "ContentType": "application/json",
            "Accept": "application/json; verbose=true",
            "Body": json.dumps({"instances": [{"features": [1, 2, 3, 4, 5]}]}).encode(),
        },
    )

    prediction = Endpoint(runtime, "quiz").predict([1, 2, 3, 4, 5])

    assert prediction == (3, ((3, 0.0), (4, 1.5)))


@pytest.mark.parametrize(
    "prediction",
    [
        '{"predicted_label": 3.0}',
        '{"predicted_label": 3.0, "distances": [], "labels": []}',
        '{"predicted_label": 3.0, "distances": [1.0], "labels": [1.0, 2.0]}',
        '{"predicted_label": 3.0, "distances": [-1.0], "labels": [1.0]}',
        '{"predicted_label": 3.0, "distances": [NaN], "labels": [1.0]}',
        '{"predicted_label": 3.0, "distances": [Infinity], "labels": [1.0]}',
        '{"predicted_label": 3.0, "distances": ["1"], "labels": [1.0]}',
        '{"predicted_label": 3.0, "distances": [1.0], "labels": [1.5]}',
        '{"predicted_label": 3.0, "distances": 1.0, "labels": [1.0]}',
    ],
)
def test_unreadable_neighbours_are_the_models_fault(
    runtime: Any, runtime_stub: Stubber, prediction: str
) -> None:
    runtime_stub.add_response("invoke_endpoint", answer(f'{{"predictions": [{prediction}]}}'))

    with pytest.raises(UnreadablePrediction):
        Endpoint(runtime, "quiz").predict([1, 2, 3, 4, 5])
