"""A function behind a REST API that fails, or answers what is no HTTP response, is an internal error: 502.

ministack answers with the function's own error, and 200 for what has another form than API Gateway asks for.
On AWS the client learns nothing of it: the answer is the gateway response DEFAULT_5XX, with status 502 unless
the API gives it another. That a response without `statusCode` is refused, too, is known of AWS's behaviour;
its documentation shows the form only.
https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from typing import Any

from ministack.services import apigateway_v1

HOOKS = (
    "ministack.services.apigateway_v1:_deployed_gateway_responses",
    "ministack.services.apigateway_v1:_gateway_error_response",
    "ministack.services.apigateway_v1:_gateway_response_for_type",
    "ministack.services.apigateway_v1:_gateway_responses",
    "ministack.services.apigateway_v1:_GatewayError",
    "ministack.services.apigateway_v1:_invoke_lambda_proxy_v1",
    "ministack.services.apigateway_v1:_lambda_proxy_response",
)

_TYPE = "DEFAULT_5XX"
_STATUS = 502


class _NoResponseError(Exception):
    """What the function answered is no HTTP response."""


class _FunctionFault(apigateway_v1._GatewayError):  # type: ignore[misc]
    """What API Gateway answers then."""

    def __init__(self) -> None:
        super().__init__(_TYPE, "Internal server error")


def install() -> None:
    """Put this overlay in place."""
    shape, invoke = apigateway_v1._lambda_proxy_response, apigateway_v1._invoke_lambda_proxy_v1
    render = apigateway_v1._gateway_error_response

    def lambda_proxy_response(result: dict[str, Any]) -> Any:
        if not result.get("throttle") and (result.get("error") or not _is_response(result.get("body"))):
            raise _NoResponseError
        return shape(result)

    async def invoke_lambda_proxy(*arguments: Any, **named: Any) -> Any:
        try:
            return await invoke(*arguments, **named)
        except _NoResponseError:
            return _FunctionFault()

    def gateway_error_response(error: Any, request: dict[str, Any]) -> Any:
        status, headers, body = render(error, request)
        is_given = not isinstance(error, _FunctionFault) or _has_status(request)
        return status if is_given else _STATUS, headers, body

    apigateway_v1._lambda_proxy_response = lambda_proxy_response
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_lambda_proxy
    apigateway_v1._gateway_error_response = gateway_error_response


def _is_response(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and str(body.get("statusCode", "")).isdecimal()
        and isinstance(body.get("body", ""), str | None)
    )


def _has_status(request: dict[str, Any]) -> bool:
    """Whether the stage's deployment gives the gateway response a status of its own."""
    deployed = apigateway_v1._deployed_gateway_responses.get(request["api_id"], {})
    responses = deployed.get(request["stage"].get("deploymentId"))
    if responses is None:
        responses = apigateway_v1._gateway_responses.get(request["api_id"], {})
    return bool(apigateway_v1._gateway_response_for_type(responses, _TYPE).get("statusCode"))
