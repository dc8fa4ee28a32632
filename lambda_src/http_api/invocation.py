"""Asks an endpoint, within the time that API Gateway leaves.

Errors: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

import time
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError as BrokenConnectionError

from .clients import make_client
from .faults import ApiFault, EndpointTimeout, EndpointUnavailable, ModelFailed

CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 20
STALE_CONNECTION_SECONDS = 5
"""A connection lost sooner than this was a kept one that had gone stale: 5 + 2 + 20 s still is under 29 s."""

RETRY_AFTER_SECONDS = {
    # InvokeEndpoint's answer for an endpoint that doesn't exist or isn't in service; the request itself
    # is always of the same form, so nothing else of it can be invalid.
    "ValidationError": 60,
    "ValidationException": 60,
    "ModelNotReadyException": 5,
    "ServiceUnavailable": 5,
    "ServiceUnavailableException": 5,
    "Throttling": 2,
    "ThrottlingException": 2,
    "TooManyRequestsException": 2,
}
CONNECTION_RETRY_AFTER_SECONDS = 5


def runtime_client() -> Any:
    """Return a SageMaker runtime client that gives up before API Gateway's 29 s do, and never retries."""
    return make_client(
        "sagemaker-runtime",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
    )


def invoke(client: Any, **request: Any) -> bytes:
    """Return what InvokeEndpoint answers to this request.

    Raises `ModelFailed`, `EndpointUnavailable` or `EndpointTimeout`; any other error of the service (a
    missing permission, for one) is passed on as botocore's `ClientError`.
    """
    try:
        return _invoke(client, request)
    except ClientError as error:
        fault = _service_fault(error)
        if fault is None:
            raise
        raise fault from error
    except (ConnectTimeoutError, ReadTimeoutError) as error:
        raise EndpointTimeout(
            "The model didn't answer in time. Please try again.", detail=type(error).__name__
        ) from error
    except (NoConnectionError, BrokenConnectionError) as error:
        raise EndpointUnavailable(
            "The model can't be reached. Please try again later.",
            detail=type(error).__name__,
            retry_after_seconds=CONNECTION_RETRY_AFTER_SECONDS,
        ) from error


def _invoke(client: Any, request: dict[str, Any]) -> bytes:
    started = time.monotonic()
    try:
        return _invoke_once(client, request)
    except ConnectionClosedError:
        if time.monotonic() - started > STALE_CONNECTION_SECONDS:
            raise
        return _invoke_once(client, request)


def _invoke_once(client: Any, request: dict[str, Any]) -> bytes:
    return bytes(client.invoke_endpoint(**request)["Body"].read())


def _service_fault(error: ClientError) -> ApiFault | None:
    code = error.response["Error"]["Code"]
    if code == "ModelError":
        # The container's own message may repeat the request, so only its status is kept.
        status = error.response.get("OriginalStatusCode")
        return ModelFailed("The model couldn't make a prediction.", detail=f"ModelError, status {status}")
    if code in RETRY_AFTER_SECONDS:
        return EndpointUnavailable(
            "The model isn't available right now. Please try again later.",
            detail=str(error),
            retry_after_seconds=RETRY_AFTER_SECONDS[code],
        )
    return None
