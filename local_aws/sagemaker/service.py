"""SageMaker as a service of the emulator: requests in, answers out, state saved and restored."""

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.concurrency import run_reentrant
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.core.router import extract_access_key_id

from local_aws.sagemaker import operations, store
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.hosting import endpoints, runtime
from local_aws.sagemaker.jobs import lifecycle
from local_aws.sagemaker.kinds import APP, DOMAIN, NOTEBOOK_INSTANCE, SPACE, USER_PROFILE
from local_aws.sagemaker.notebooks import instances as notebooks
from local_aws.sagemaker.permissions import Check, checks
from local_aws.sagemaker.studio import apps, domains, profiles, spaces

Response = tuple[int, dict[str, str], bytes]

NAME = "sagemaker"
_CONTENT_TYPE = "application/x-amz-json-1.1"
# Inner resources first: what is Deleting in a domain goes before the domain.
_PASSING = (
    (APP, apps.settle),
    (SPACE, spaces.settle),
    (USER_PROFILE, profiles.settle),
    (DOMAIN, domains.settle),
    (NOTEBOOK_INSTANCE, notebooks.settle),
)


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> Response:
    """Answer a request to the control plane (by its target header) or to the runtime (by its path)."""
    invocation = runtime.INVOCATION.fullmatch(path)
    if invocation is not None and method == "POST":
        try:
            return await runtime.invoke(invocation["name"], headers, body)
        except ServiceError as error:
            return runtime.error_response(error)
    try:
        operation = operation_name(headers)
        params = parameters(body)
        denied = first_denied(
            checks(operation, params, get_region(), get_account_id())[1:], headers, query_params
        )
        if denied is not None:
            return denied
        answer = await run_reentrant(operations.call, operation, params, thread_name="sagemaker-api")
    except ServiceError as error:
        return error_response(error)
    return 200, {"Content-Type": _CONTENT_TYPE}, json.dumps(answer).encode()


def operation_name(headers: dict[str, str]) -> str:
    """The operation a control plane request names."""
    return headers.get("x-amz-target", "").rpartition(".")[2]


def parameters(body: bytes) -> dict[str, Any]:
    """The parameters of a control plane request; raises ServiceError if they are no JSON object."""
    try:
        params = json.loads(body or b"{}")
    except ValueError:
        raise ServiceError("SerializationException", "The request body is not JSON.") from None
    if not isinstance(params, dict):
        raise ServiceError("SerializationException", "The request body is not a JSON object.")
    return params


def reset() -> None:
    """Forget everything."""
    endpoints.stop_all()
    store.clear()


def get_state() -> dict[str, Any]:
    """What is kept over a restart."""
    return store.snapshot()


def load_persisted_state(state: dict[str, Any]) -> None:
    """Take up what was kept: endpoints serve again, jobs that were running have failed, changes are done."""
    store.restore(state)
    for kind, settle in _PASSING:
        store.for_each(kind, settle)
    lifecycle.fail_interrupted()
    endpoints.resume()


def first_denied(
    needed: list[Check], headers: dict[str, str], query_params: dict[str, Any]
) -> Response | None:
    """The answer to a caller who lacks one of the permissions beyond the operation's own."""
    if not app.AUTH:
        return None
    access_key = extract_access_key_id(headers, query_params)
    for check in needed:
        denied = iam_evaluator.enforce(
            access_key,
            check.action,
            check.action.partition(":")[0],
            get_region(),
            resource_arn=check.resource,
            service_context=check.context,
        )
        if isinstance(denied, iam_evaluator.EvalResult):
            response: Response = iam_actions.access_denied_response(
                NAME,
                check.action,
                denied.principal_arn,
                new_uuid(),
                headers=headers,
                resource_arn=check.resource,
                explicit_deny=denied.decision == "Deny",
            )
            return response
    return None


def error_response(error: ServiceError) -> Response:
    """An error as services that speak JSON write it."""
    body = json.dumps({"__type": error.code, "message": error.message, **error.members}).encode()
    return error.status, {"Content-Type": _CONTENT_TYPE, "x-amzn-errortype": error.code}, body
