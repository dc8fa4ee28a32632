"""The metrics of REST APIs: by API, by stage, and by method where the stage's settings want it.

A request that matches no method counts for the API and its stage.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

import contextvars
import time
from typing import Any

from ministack.services import apigateway_v1

from local_aws.cloudwatch import measurements
from local_aws.cloudwatch.measurements import Value
from local_aws.overlays import api_gateway

HOOKS = (
    *measurements.HOOKS,
    "ministack.services.apigateway_v1:_call_lambda_raw",
    "ministack.services.apigateway_v1:_handle_execute_in_scope",
    "ministack.services.apigateway_v1:_rest_apis",
)

_integration_seconds: contextvars.ContextVar[float | None] = contextvars.ContextVar(
    "integration", default=None
)


def install() -> None:
    """Put this overlay in place."""
    handle, call_lambda = apigateway_v1._handle_execute_in_scope, apigateway_v1._call_lambda_raw

    async def handle_execute_in_scope(
        api_id: str, stage_name: str, method: str, path: str, *rest: Any
    ) -> Any:
        began = time.perf_counter()
        _integration_seconds.set(None)
        response = await handle(api_id, stage_name, method, path, *rest)
        request = api_gateway.request_under_way()
        if request is not None and request["stage"] is not None:
            _record(request, method, int(response[0]), time.perf_counter() - began)
        return response

    async def call_lambda_raw(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return await call_lambda(*arguments, **named)
        finally:
            _integration_seconds.set(time.perf_counter() - began)

    apigateway_v1._handle_execute_in_scope = handle_execute_in_scope
    apigateway_v1._call_lambda_raw = call_lambda_raw


def _record(request: dict[str, Any], method: str, status: int, seconds: float) -> None:
    api = {"ApiName": str(apigateway_v1._rest_apis[request["api_id"]]["name"])}
    stage = {**api, "Stage": request["stage_name"]}
    sets = [api, stage]
    resource = request["resource_path"]
    if resource and _is_detailed(request["stage"], resource, method):
        sets.append({**stage, "Method": method, "Resource": resource})
    values = [
        Value("Count", 1.0),
        Value("4XXError", float(400 <= status < 500)),
        Value("5XXError", float(status >= 500)),
        Value("Latency", float(round(seconds * 1000)), "Milliseconds"),
    ]
    integration = _integration_seconds.get()
    if integration is not None:
        values.append(Value("IntegrationLatency", float(round(integration * 1000)), "Milliseconds"))
    measurements.record("AWS/ApiGateway", sets, values)


def _is_detailed(stage: dict[str, Any], resource: str, method: str) -> bool:
    settings = stage.get("methodSettings") or {}
    chosen = settings.get(f"{resource.lstrip('/')}/{method}") or settings.get("*/*") or {}
    return bool(chosen.get("metricsEnabled"))
