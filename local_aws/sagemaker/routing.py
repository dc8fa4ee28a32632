"""Makes SageMaker one of the emulator's services: its routes, its state, and its IAM actions."""

import sys
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.services import tagging

from local_aws.sagemaker import condition_keys, service, store
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.hosting.runtime import INVOCATION
from local_aws.sagemaker.permissions import checks

HOOKS = (
    "ministack.app:AUTH",
    "ministack.app:SERVICE_HANDLERS",
    "ministack.app:SERVICE_REGISTRY",
    "ministack.app:_loaded_modules",
    "ministack.app:_state_map",
    "ministack.core.concurrency:run_reentrant",
    "ministack.core.concurrency:spawn_background",
    "ministack.core.iam_actions:SERVICE_TO_IAM_NAMESPACE",
    "ministack.core.iam_actions:access_denied_response",
    "ministack.core.iam_actions:extract_iam_action",
    "ministack.core.iam_actions:extract_resource_arn",
    "ministack.core.iam_actions:request_tag_context",
    "ministack.core.iam_evaluator:_resolve_condition_key",
    "ministack.core.iam_evaluator:enforce",
    "ministack.core.responses:AccountRegionScopedDict",
    "ministack.core.responses:request_scope",
    "ministack.core.router:SERVICE_PATTERNS",
    "ministack.core.router:extract_access_key_id",
    "ministack.services.cloudwatch_logs:_create_log_group",
    "ministack.services.cloudwatch_logs:_create_log_stream",
    "ministack.services.cloudwatch_logs:_put_log_events",
    "ministack.services.eventbridge:_put_events",
    "ministack.services.tagging:_RESOURCE_TAG_COLLECTORS",
)


def install() -> None:
    """Register the service with the emulator's tables."""
    app._loaded_modules[service.NAME] = sys.modules[service.__name__]
    app.SERVICE_REGISTRY[service.NAME] = {"module": service.NAME}
    app.SERVICE_HANDLERS[service.NAME] = service.handle_request
    app._state_map[service.NAME] = service.NAME
    router.SERVICE_PATTERNS[service.NAME] = {
        "target_prefixes": ["SageMaker."],
        "host_patterns": [r"(api|runtime)\.sagemaker\."],
    }
    iam_actions.SERVICE_TO_IAM_NAMESPACE[service.NAME] = service.NAME
    iam_actions.extract_iam_action = _action_of(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = _resource_of(iam_actions.extract_resource_arn)
    iam_actions.request_tag_context = _context_of(iam_actions.request_tag_context)
    iam_evaluator._resolve_condition_key = _with_studio_session(iam_evaluator._resolve_condition_key)
    tagging._RESOURCE_TAG_COLLECTORS[service.NAME] = store.all_tags


def _action_of(original: Callable[..., Any]) -> Callable[..., Any]:
    def extract(name: str, method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
        if name == service.NAME and INVOCATION.fullmatch(path):
            return "sagemaker:InvokeEndpoint"
        return original(name, method, path, headers, *rest)

    return extract


def _resource_of(original: Callable[..., Any]) -> Callable[..., Any]:
    def extract(
        name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> Any:
        if name != service.NAME:
            return original(name, method, path, headers, body, query_params, region, account_id)
        operation, params = _called(path, headers, body)
        return checks(operation, params, region, account_id)[0].resource

    return extract


def _context_of(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A request's condition keys: the tags that any service's request sets, and SageMaker's own."""

    def request_context(name: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context = original(name, action, body, params)
        if name != service.NAME or action == "sagemaker:InvokeEndpoint":
            return context
        try:
            return {**context, **condition_keys.of(action.partition(":")[2], service.parameters(body))}
        except ServiceError:
            return context

    return request_context


def _with_studio_session(original: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def resolve_condition_key(key: str, context: Any) -> Any:
        if key.lower() not in ("sagemaker:domainid", "sagemaker:userprofilename"):
            return original(key, context)
        keys = condition_keys.of_studio_session(original("aws:PrincipalArn", context))
        return next((value for name, value in keys.items() if name.lower() == key.lower()), None)

    return resolve_condition_key


def _called(path: str, headers: dict[str, str], body: bytes) -> tuple[str, dict[str, Any]]:
    invocation = INVOCATION.fullmatch(path)
    if invocation is not None:
        return "InvokeEndpoint", {"EndpointName": invocation["name"]}
    try:
        return service.operation_name(headers), service.parameters(body)
    except ServiceError:
        return service.operation_name(headers), {}
