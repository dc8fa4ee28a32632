"""REST API properties: request validators, access logs, the throttling of single methods, mapping templates.

ministack's CloudFormation gives a validator an id and stores nothing, so an invalid body reaches the function
and gets 200. It drops a stage's access log, and files a method's throttling under a key that its data plane
never looks up. A MOCK integration's response template is answered as it is written, not rendered, and a body
may be of any size.
"""

import contextvars
import json
import re
import time
import uuid
from typing import Any

from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.cloudformation import Properties
from local_aws.functions import logs

HOOKS = (
    *cloudformation.HOOKS,
    *logs.HOOKS,
    "ministack.services.apigateway_v1:_create_request_validator",
    "ministack.services.apigateway_v1:_update_request_validator",
    "ministack.services.apigateway_v1:_delete_request_validator",
    "ministack.services.apigateway_v1:_resources",
    "ministack.services.apigateway_v1:_stages_v1",
    "ministack.services.apigateway_v1:_execute_in_scope",
    "ministack.services.apigateway_v1:_handle_execute_in_scope",
    "ministack.services.apigateway_v1:_check_request_validation",
    "ministack.services.apigateway_v1:_gw_error",
    "ministack.services.apigateway_v1:_invoke_mock_v1",
    "ministack.services.apigateway_v1:_render_request_template_v1",
    "ministack.services.cloudformation.provisioners:_apigw_method_settings",
)

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MOST_BYTES = 10 * 1024 * 1024
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.]+)")

_request: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("api_request", default=None)


def request_under_way() -> dict[str, Any] | None:
    """What ministack's data plane knows of the request that this context answers."""
    return _request.get()


def install() -> None:
    """Put this overlay in place."""
    cloudformation.register(
        "AWS::ApiGateway::RequestValidator",
        create=_create_validator,
        update=_update_validator,
        delete=_delete_validator,
        replaced_by=frozenset({"RestApiId", "Name"}),
    )
    cloudformation.after("AWS::ApiGateway::Method", _set_validator)
    cloudformation.after("AWS::ApiGateway::Stage", _set_access_log)
    _unescape_method_settings()
    _log_access()
    _render_mock_responses()
    _refuse_large_bodies()


def _flags(properties: Properties) -> dict[str, bool]:
    return {
        "validateRequestBody": cloudformation.is_true(properties.get("ValidateRequestBody", False)),
        "validateRequestParameters": cloudformation.is_true(
            properties.get("ValidateRequestParameters", False)
        ),
    }


def _create_validator(logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    data = {"name": properties.get("Name", logical_id), **_flags(properties)}
    response = apigateway_v1._create_request_validator(properties["RestApiId"], data)
    validator_id = json.loads(cloudformation.succeed(response, f"request validator {logical_id}"))["id"]
    return validator_id, {"RequestValidatorId": validator_id}


def _update_validator(
    physical_id: str, _old: Properties, new: Properties, _stack: str
) -> tuple[str, Properties]:
    operations = [
        {"op": "replace", "path": f"/{name}", "value": str(value).lower()}
        for name, value in _flags(new).items()
    ]
    response = apigateway_v1._update_request_validator(
        new["RestApiId"], physical_id, {"patchOperations": operations}
    )
    cloudformation.succeed(response, f"request validator {physical_id}")
    return physical_id, {"RequestValidatorId": physical_id}


def _delete_validator(physical_id: str, properties: Properties) -> None:
    # A validator goes with its API, which may have gone first.
    apigateway_v1._delete_request_validator(properties["RestApiId"], physical_id)


def _set_validator(_physical_id: str, properties: Properties, _old: Properties | None) -> None:
    resource = apigateway_v1._resources[properties["RestApiId"]][properties["ResourceId"]]
    method = resource["resourceMethods"][properties.get("HttpMethod", "ANY")]
    method.pop("requestValidatorId", None)
    if properties.get("RequestValidatorId"):
        method["requestValidatorId"] = properties["RequestValidatorId"]


def _set_access_log(_physical_id: str, properties: Properties, _old: Properties | None) -> None:
    stage = apigateway_v1._stages_v1[properties["RestApiId"]][properties["StageName"]]
    setting = properties.get("AccessLogSetting") or {}
    stage["accessLogSettings"] = {
        name: setting[source]
        for name, source in (("destinationArn", "DestinationArn"), ("format", "Format"))
        if source in setting
    }


def _unescape_method_settings() -> None:
    original = provisioners._apigw_method_settings

    def method_settings(raw: Any) -> dict[str, Any]:
        """Keyed by path and method, where a template writes the slashes of a path as `~1`."""
        return {key.replace("~1", "/").replace("//", "/"): setting for key, setting in original(raw).items()}

    provisioners._apigw_method_settings = method_settings


def _render_mock_responses() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html."""
    answer = apigateway_v1._invoke_mock_v1

    def invoke_mock(integration: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        status, headers, template = answer(integration)
        return status, headers, apigateway_v1._render_request_template_v1(template.decode(), "", {}).encode()

    apigateway_v1._invoke_mock_v1 = invoke_mock


def _refuse_large_bodies() -> None:
    validate = apigateway_v1._check_request_validation

    def check_request(method: Any, api_id: str, request: Any, headers: Any, body: bytes, query: Any) -> Any:
        if len(body or b"") > MOST_BYTES:
            return apigateway_v1._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        return validate(method, api_id, request, headers, body, query)

    apigateway_v1._check_request_validation = check_request


def _log_access() -> None:
    execute, handle = apigateway_v1._execute_in_scope, apigateway_v1._handle_execute_in_scope

    async def execute_in_scope(request: dict[str, Any], *arguments: Any) -> Any:
        _request.set(request)
        return await execute(request, *arguments)

    async def handle_execute_in_scope(
        api_id: str, stage_name: str, method: str, path: str, *rest: Any
    ) -> Any:
        started = time.time()
        response = await handle(api_id, stage_name, method, path, *rest)
        request = _request.get()
        setting = ((request or {}).get("stage") or {}).get("accessLogSettings") or {}
        if request is not None and setting.get("format"):
            context = _context(request, method, path, response, started)
            _write(setting, context)
        return response

    apigateway_v1._execute_in_scope = execute_in_scope
    apigateway_v1._handle_execute_in_scope = handle_execute_in_scope


def _context(
    request: dict[str, Any], method: str, path: str, response: Any, started: float
) -> dict[str, str]:
    """The variables of an access log.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
    """
    status, _, body = response
    headers = request["headers"]
    return {
        "apiId": request["api_id"],
        "stage": request["stage_name"],
        "requestId": request["request_id"],
        "extendedRequestId": uuid.uuid4().hex[:15] + "=",
        "httpMethod": method,
        "path": f"/{request['stage_name']}{path}",
        "resourcePath": request["resource_path"],
        "protocol": "HTTP/1.1",
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(started)),
        "requestTimeEpoch": str(int(started * 1000)),
        "responseLatency": str(int((time.time() - started) * 1000)),
        "responseLength": str(len(body)) if isinstance(body, (bytes, str)) else "-",
        "status": str(status),
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": headers.get("user-agent", "-"),
    }


def _write(setting: dict[str, str], context: dict[str, str]) -> None:
    line = _VARIABLE.sub(lambda found: context.get(found.group(1), "-"), setting["format"])
    group = setting["destinationArn"].split(":log-group:", 1)[-1].removesuffix(":*")
    logs.write(group, f"{context['apiId']}_{context['stage']}", [line])
