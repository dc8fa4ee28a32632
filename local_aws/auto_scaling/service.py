"""Application Auto Scaling as a service of the emulator: routes, permissions, state."""

import copy
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from botocore.model import ServiceModel
from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from local_aws.auto_scaling import targets
from local_aws.sagemaker import permissions, validation
from local_aws.sagemaker import service as sagemaker
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.hosting import endpoints
from local_aws.sagemaker.permissions import Check

HOOKS = (
    *targets.HOOKS,
    "ministack.app:SERVICE_HANDLERS",
    "ministack.app:SERVICE_REGISTRY",
    "ministack.app:_loaded_modules",
    "ministack.app:_state_map",
    "ministack.core.iam_actions:SERVICE_TO_IAM_NAMESPACE",
    "ministack.core.iam_actions:extract_resource_arn",
    "ministack.core.iam_actions:request_tag_context",
    "ministack.core.router:SERVICE_PATTERNS",
    "ministack.services.iam:_create_service_linked_role",
    "ministack.services.iam:_roles",
)

NAME = "application-autoscaling"
_TARGET_PREFIX = "AnyScaleFrontendService."
_LINKED_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
_OPERATIONS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "RegisterScalableTarget": targets.register,
    "DeregisterScalableTarget": targets.deregister,
    "DescribeScalableTargets": targets.describe,
    "PutScalingPolicy": targets.put_policy,
    "DeleteScalingPolicy": targets.delete_policy,
    "DescribeScalingPolicies": targets.describe_policies,
}

Response = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Register the service with the emulator's tables."""
    app._loaded_modules[NAME] = sys.modules[__name__]
    app.SERVICE_REGISTRY[NAME] = {"module": NAME}
    app.SERVICE_HANDLERS[NAME] = handle_request
    app._state_map[NAME] = NAME
    router.SERVICE_PATTERNS[NAME] = {
        "target_prefixes": [_TARGET_PREFIX],
        "host_patterns": [r"application-autoscaling\."],
    }
    iam_actions.SERVICE_TO_IAM_NAMESPACE[NAME] = NAME
    iam_actions.extract_resource_arn = _resource_of(iam_actions.extract_resource_arn)
    iam_actions.request_tag_context = _context_of(iam_actions.request_tag_context)
    endpoints.deleting.append(targets.forget)
    endpoints.updating.append(targets.check_update)
    permissions.further.append(_needs_of_endpoints)


async def handle_request(
    _method: str, _path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> Response:
    """Answer a request."""
    operation = sagemaker.operation_name(headers)
    if operation not in _OPERATIONS:
        message = f"This AWS does not have Application Auto Scaling's {operation}."
        return sagemaker.error_response(ServiceError("UnknownOperationException", message))
    try:
        params = sagemaker.parameters(body)
        validation.require(_model().operation_model(operation).input_shape, params)
        denied = sagemaker.first_denied(_needs(operation, params), headers, query_params)
        if denied is not None:
            return denied
        if operation == "RegisterScalableTarget" and not _is_linked():
            iam._create_service_linked_role({"AWSServiceName": targets.LINKED_SERVICE})
        answer = _OPERATIONS[operation](params)
    except ServiceError as error:
        return sagemaker.error_response(error)
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()


def reset() -> None:
    """Forget everything."""
    targets.targets._data.clear()


def get_state() -> dict[str, Any]:
    """What is kept over a restart."""
    return {"targets": copy.deepcopy(targets.targets)}


def load_persisted_state(state: dict[str, Any]) -> None:
    """Take up what was kept."""
    targets.targets._data.update(state["targets"]._data)


def _model() -> ServiceModel:
    return botocore.session.get_session().get_service_model(NAME)


def _needs(operation: str, params: dict[str, Any]) -> list[Check]:
    """What a caller needs besides the operation's own action, since AWS makes further calls as the caller.

    https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
    """
    base = f"{get_region()}:{get_account_id()}"
    resource = str(params.get("ResourceId", ""))
    endpoint = f"arn:aws:sagemaker:{base}:{resource.partition('/variant/')[0].lower()}"
    alarms = f"arn:aws:cloudwatch:{base}:alarm:TargetTracking-{resource}-AlarmHigh"
    needed: list[Check] = []
    if operation == "RegisterScalableTarget":
        actions = ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities")
        needed += [Check(f"sagemaker:{action}", endpoint) for action in actions]
        if not _is_linked():
            needed.append(
                Check(
                    "iam:CreateServiceLinkedRole",
                    f"arn:aws:iam::{get_account_id()}:role/aws-service-role/{targets.LINKED_SERVICE}/{_LINKED_ROLE}",
                    {"iam:AWSServiceName": targets.LINKED_SERVICE},
                )
            )
    if operation == "PutScalingPolicy":
        needed += [Check(f"cloudwatch:{action}", alarms) for action in ("DescribeAlarms", "PutMetricAlarm")]
    if operation in ("DeleteScalingPolicy", "DeregisterScalableTarget"):
        needed.append(Check("cloudwatch:DeleteAlarms", alarms))
    return needed


def _needs_of_endpoints(operation: str, params: dict[str, Any]) -> list[Check]:
    """Deleting an endpoint deregisters its variants as the caller.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html
    """
    if operation != "DeleteEndpoint":
        return []
    context = {
        f"{NAME}:service-namespace": targets.NAMESPACE,
        f"{NAME}:scalable-dimension": targets.DIMENSION,
    }
    return [
        Check(f"{NAME}:{action}", target["ScalableTargetARN"], dict(context))
        for target in targets.of_endpoint(str(params.get("EndpointName")))
        for action in ("DeregisterScalableTarget", "DeleteScalingPolicy")
    ]


def _is_linked() -> bool:
    return iam._roles.get(_LINKED_ROLE) is not None


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
        if name != NAME:
            return original(name, method, path, headers, body, query_params, region, account_id)
        if sagemaker.operation_name(headers).startswith("Describe"):
            return "*"
        target = targets.targets.get(_parameters(body).get("ResourceId", ""), {})
        unnamed = f"arn:aws:application-autoscaling:{region}:{account_id}:scalable-target/new"
        return target.get("ScalableTargetARN", unnamed)

    return extract


def _context_of(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_context(name: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context = original(name, action, body, params)
        if name != NAME:
            return context
        given = _parameters(body)
        keys = {"service-namespace": "ServiceNamespace", "scalable-dimension": "ScalableDimension"}
        return {
            **context,
            **{f"{NAME}:{key}": given[member] for key, member in keys.items() if member in given},
        }

    return request_context


def _parameters(body: bytes) -> dict[str, Any]:
    try:
        return sagemaker.parameters(body)
    except ServiceError:
        return {}
