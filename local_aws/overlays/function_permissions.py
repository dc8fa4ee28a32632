"""API Gateway invokes a function only if the function's policy lets it.

ministack invokes any function that a method names. On AWS a method without `AWS::Lambda::Permission` (or a
role of its own as the integration's credentials) answers 500, as with any fault of the API's configuration.
https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import execute_api_arn
from ministack.services import apigateway_v1, lambda_svc

HOOKS = (
    "ministack.core.arn:execute_api_arn",
    "ministack.core.iam_evaluator:evaluate_resource_policy",
    "ministack.core.iam_evaluator:EvalContext",
    "ministack.services.apigateway_v1:_extract_lambda_ref_from_integration_uri",
    "ministack.services.apigateway_v1:_gw_error",
    "ministack.services.apigateway_v1:_invoke_lambda_custom_v1",
    "ministack.services.apigateway_v1:_invoke_lambda_proxy_v1",
    "ministack.services.lambda_svc:_get_func_record_for_ref_in_scope",
)

_SERVICE = "apigateway.amazonaws.com"
_ACTION = "lambda:InvokeFunction"


def install() -> None:
    """Put this overlay in place."""
    apigateway_v1._invoke_lambda_proxy_v1 = _checked(apigateway_v1._invoke_lambda_proxy_v1)
    apigateway_v1._invoke_lambda_custom_v1 = _checked(apigateway_v1._invoke_lambda_custom_v1)


def _checked(original: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke(
        integration: dict[str, Any],
        api_id: str,
        stage_name: str,
        stage: dict[str, Any],
        resource: dict[str, Any],
        request_path: str,
        method: str,
        *more: Any,
        owner_account_id: str,
        owner_region: str,
        **named: Any,
    ) -> Any:
        source = execute_api_arn(owner_region, owner_account_id, api_id, stage_name, method, resource["path"])
        if not integration.get("credentials") and not _may(
            integration, source, owner_account_id, owner_region
        ):
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        return await original(
            integration,
            api_id,
            stage_name,
            stage,
            resource,
            request_path,
            method,
            *more,
            owner_account_id=owner_account_id,
            owner_region=owner_region,
            **named,
        )

    return invoke


def _may(integration: dict[str, Any], source: str, account: str, region: str) -> bool:
    """Whether the function's policy lets API Gateway invoke it for this method; a missing one isn't ours."""
    reference = apigateway_v1._extract_lambda_ref_from_integration_uri(integration.get("uri", ""))
    function, config, _ = lambda_svc._get_func_record_for_ref_in_scope(
        reference, account_id=account, region=region
    )
    if function is None or config is None:
        return True
    context = iam_evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account=account,
        action=_ACTION,
        resource_arn=config["FunctionArn"],
        region=region,
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account},
    )
    policy = function.get("policy")
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, _SERVICE).decision == "Allow")
