"""InvokeEndpoint: a request to an endpoint, passed to one of its servers.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from ministack.core.responses import get_account_id, get_region

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.hosting import endpoints, metrics
from local_aws.sagemaker.hosting.capture import Body
from local_aws.sagemaker.hosting.connections import Answer, Connections
from local_aws.sagemaker.hosting.deployments import Deployment, Variant
from local_aws.sagemaker.hosting.servers import HOST
from local_aws.sagemaker.kinds import ENDPOINT

INVOCATION = re.compile(r"/endpoints/(?P<name>[^/]+)/invocations")

Response = tuple[int, dict[str, str], bytes]

_LARGEST_BODY = 6 * 1024 * 1024
_LARGEST_SERVERLESS_BODY = 4 * 1024 * 1024
_SECONDS = 60.0
_CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency "
    "metrics for "
    "each container in Amazon CloudWatch, resolve the issue, and try again."
)

_connections: WeakKeyDictionary[Variant, tuple[int, Connections]] = WeakKeyDictionary()


async def invoke(name: str, headers: Mapping[str, str], body: bytes) -> Response:
    """Answer an InvokeEndpoint request; header names are in lower case.

    Raises:
        ServiceError: as AWS's runtime does: ValidationError, ModelError, ServiceUnavailable,
        ThrottlingException.
    """
    deployment = _deployment(name)
    variant = _variant(deployment, name, headers.get("x-amzn-sagemaker-target-variant"))
    _require_size(variant, body)
    with metrics.Invocation(name, variant) as invocation:
        _require_capacity(variant)
        variant.in_flight += 1
        began = time.perf_counter()
        try:
            answer = await _exchange(name, variant, headers, body)
        finally:
            variant.in_flight -= 1
            invocation.model_seconds = time.perf_counter() - began
        if not 200 <= answer.status < 300:
            raise _model_error(name, answer.status, answer.body.decode("utf-8", "replace"))
    if variant.capture is not None:
        answered = Body(answer.headers.get("content-type", ""), answer.body)
        variant.capture.record(Body(headers.get("content-type", ""), body), answered)
    return 200, _response_headers(answer, variant), answer.body


def error_response(error: ServiceError) -> Response:
    """An error as the runtime writes it."""
    body = json.dumps({"Message": error.message, **error.members}).encode()
    # In lower case the emulator leaves the content type as it is.
    return error.status, {"content-type": "application/json", "x-amzn-errortype": error.code}, body


def _deployment(name: str) -> Deployment:
    if store.find(ENDPOINT, name) is None:
        raise ServiceError("ValidationError", f"Endpoint {name} of account {get_account_id()} not found.")
    deployment = endpoints.deployment(name)
    if deployment is None:
        raise ServiceError(
            "ValidationError", f"Endpoint {name} of account {get_account_id()} is not in service."
        )
    return deployment


def _variant(deployment: Deployment, name: str, target: str | None) -> Variant:
    variant = deployment.choose()
    if target is not None:
        found = [item for item in deployment.variants if item.name == target]
        if not found:
            raise ServiceError("ValidationError", f"Variant {target} of endpoint {name} not found.")
        variant = found[0]
    return variant


def _require_capacity(variant: Variant) -> None:
    if not variant.ready:
        raise ServiceError("ServiceUnavailable", "The service is unavailable. Try your call again.", 503)
    if variant.max_concurrency is not None and variant.in_flight >= variant.max_concurrency:
        raise ServiceError(
            "ThrottlingException", "Rate exceeded: the endpoint's MaxConcurrency is reached.", 429
        )


def _require_size(variant: Variant, body: bytes) -> None:
    limit = _LARGEST_SERVERLESS_BODY if variant.is_serverless else _LARGEST_BODY
    if len(body) > limit:
        raise ServiceError(
            "ValidationError",
            "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have "
            "length less "
            f"than or equal to {limit}",
        )


async def _exchange(name: str, variant: Variant, headers: Mapping[str, str], body: bytes) -> Answer:
    passed = {"Content-Type": headers.get("content-type", ""), "Accept": headers.get("accept", "*/*")}
    if _CUSTOM_ATTRIBUTES in headers:
        passed[_CUSTOM_ATTRIBUTES] = headers[_CUSTOM_ATTRIBUTES]
    try:
        async with asyncio.timeout(_SECONDS):
            return await _connections_to(variant).post("/invocations", passed, body)
    except TimeoutError:
        raise _model_error(name, 0, _TIMED_OUT) from None
    except OSError:
        raise ServiceError(
            "ServiceUnavailable", "The model server went away. Try your call again.", 503
        ) from None


def _connections_to(variant: Variant) -> Connections:
    """The connections to the variant's server as it is now: a restarted one has another port."""
    generation, connections = _connections.get(variant, (0, None))
    if connections is None or generation != variant.generation:
        if connections is not None:
            connections.close()
        connections = Connections(HOST, variant.server.port)
        _connections[variant] = (variant.generation, connections)
    return connections


def _response_headers(answer: Answer, variant: Variant) -> dict[str, str]:
    # In lower case the emulator leaves the content type as it is.
    headers = {
        "content-type": answer.headers.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant.name,
    }
    if _CUSTOM_ATTRIBUTES in answer.headers:
        headers[_CUSTOM_ATTRIBUTES] = answer.headers[_CUSTOM_ATTRIBUTES]
    return headers


def _model_error(name: str, status: int, message: str) -> ServiceError:
    region, account = get_region(), get_account_id()
    group = f"/aws/sagemaker/Endpoints/{name}"
    side = "client" if 400 <= status < 500 else "server"
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return ServiceError(
        "ModelError",
        f'Received {side} error ({status}) from primary with message "{message}". '
        f"See {console}#logEventViewer:group={group} in account {account} for more information.",
        424,
        OriginalStatusCode=status,
        OriginalMessage=message,
        LogStreamArn=f"arn:aws:logs:{region}:{account}:log-group:{group}",
    )
