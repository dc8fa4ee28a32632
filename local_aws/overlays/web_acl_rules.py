"""Web ACLs hold requests to the API stages and the distributions that they are associated with.

ministack keeps and shows them, without their custom responses, and blocks nothing. What is evaluated is in
`firewall.statements`. A blocked request gets the rule's own response, or 403 as API Gateway or CloudFront say
it.
https://docs.aws.amazon.com/waf/latest/developerguide/waf-chapter.html
"""

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_region, get_request_client_ip
from ministack.services import apigateway_v1, cloudfront, waf

from local_aws.firewall.requests import WebRequest
from local_aws.firewall.web_acl import Blocked, Firewall

HOOKS = (
    "ministack.core.responses:get_request_client_ip",
    "ministack.services.apigateway_v1:_execute_in_scope",
    "ministack.services.apigateway_v1:_gw_error",
    "ministack.services.apigateway_v1:_stages_v1",
    "ministack.services.cloudfront:_dist_config_el",
    "ministack.services.cloudfront:_text",
    "ministack.services.cloudfront:handle_viewer_request",
    "ministack.services.waf:_associations",
    "ministack.services.waf:_resolve_local_web_acl",
    "ministack.services.waf:_update_web_acl",
    "ministack.services.waf:create_web_acl_record",
    "ministack.services.waf:update_web_acl_record",
    "ministack.services.waf:web_acl_record",
)

_BODIES = "CustomResponseBodies"
_BLOCKED_PAGE = b"<html><body><h1>403 ERROR</h1><p>Request blocked.</p></body></html>\n"

_firewall = Firewall()


def install() -> None:
    """Put this overlay in place."""
    _keep_custom_responses()
    apigateway_v1._execute_in_scope = _protected_stage(apigateway_v1._execute_in_scope)
    cloudfront.handle_viewer_request = _protected_distribution(cloudfront.handle_viewer_request)


def _keep_custom_responses() -> None:
    create, update, update_by_call = (
        waf.create_web_acl_record,
        waf.update_web_acl_record,
        waf._update_web_acl,
    )

    def create_web_acl_record(name: str, scope: str, props: Mapping[str, Any]) -> Any:
        uid, arn, record = create(name, scope, props)
        record[_BODIES] = props.get(_BODIES) or {}
        return uid, arn, record

    def update_web_acl_record(acl: dict[str, Any], props: Mapping[str, Any]) -> Any:
        acl[_BODIES] = props.get(_BODIES) or {}
        return update(acl, props)

    def update_web_acl(data: Mapping[str, Any]) -> Any:
        answer = update_by_call(data)
        if answer[0] == 200:
            acl = waf.web_acl_record(data["Id"], data["Scope"])
            acl[_BODIES] = data.get(_BODIES) or {}
        return answer

    waf.create_web_acl_record = create_web_acl_record
    waf.update_web_acl_record = update_web_acl_record
    waf._update_web_acl = update_web_acl


def _protected_stage(original: Callable[..., Any]) -> Callable[..., Any]:
    async def execute_in_scope(
        request: dict[str, Any],
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        *scope: Any,
    ) -> Any:
        stage = f"arn:aws:apigateway:{get_region()}::/restapis/{api_id}/stages/{stage_name}"
        query = urllib.parse.urlencode(query_params or {}, doseq=True)
        web_request = _request(get_request_client_ip(), method, f"/{stage_name}{path}", query, headers, body)
        blocked = _decide(waf._associations.get(stage), web_request)
        if blocked is None:
            return await original(
                request, api_id, stage_name, method, path, headers, body, query_params, *scope
            )
        request["stage"] = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name)
        if blocked.status is None:
            return apigateway_v1._gw_error("WAF_FILTERED", "Forbidden")
        return blocked.status, dict(blocked.headers), blocked.body

    return execute_in_scope


def _protected_distribution(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_viewer_request(
        distribution: dict[str, Any],
        method: str,
        path: str,
        uri: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        client_ip: str = "127.0.0.1",
        **named: Any,
    ) -> Any:
        acl = cloudfront._text(cloudfront._dist_config_el(distribution), "WebACLId")
        blocked = _decide(acl, _request(client_ip, method, path, query, headers, body))
        if blocked is None:
            return await original(
                distribution, method, path, uri, query, headers, body, query_params, client_ip, **named
            )
        if blocked.status is None:
            return 403, {"Content-Type": "text/html"}, _BLOCKED_PAGE
        return blocked.status, dict(blocked.headers), blocked.body

    return handle_viewer_request


def _decide(acl_arn: str | None, request: WebRequest) -> Blocked | None:
    acl = waf._resolve_local_web_acl(acl_arn)[0] if acl_arn else None
    return _firewall.decide(acl, request) if acl else None


def _request(
    address: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> WebRequest:
    lower = {name.lower(): str(value) for name, value in (headers or {}).items()}
    return WebRequest(address, method, path, query, lower, body or b"")
