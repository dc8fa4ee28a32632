"""Makes SageMaker one of the emulator's services: its routes, its state, and its IAM actions."""

import sys
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions, router

from local_aws.sagemaker import service
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
    "ministack.core.iam_evaluator:enforce",
    "ministack.core.responses:AccountRegionScopedDict",
    "ministack.core.responses:request_scope",
    "ministack.core.router:SERVICE_PATTERNS",
    "ministack.core.router:extract_access_key_id",
    "ministack.services.cloudwatch_logs:_create_log_group",
    "ministack.services.cloudwatch_logs:_create_log_stream",
    "ministack.services.cloudwatch_logs:_put_log_events",
    "ministack.services.eventbridge:_put_events",
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


def _called(path: str, headers: dict[str, str], body: bytes) -> tuple[str, dict[str, Any]]:
    invocation = INVOCATION.fullmatch(path)
    if invocation is not None:
        return "InvokeEndpoint", {"EndpointName": invocation["name"]}
    try:
        return service.operation_name(headers), service.parameters(body)
    except ServiceError:
        return service.operation_name(headers), {}
