"""IAM decisions for calls that the emulator makes in-process for a role, and the record of every decision.

HTTP requests are checked by ministack's evaluator, with AUTH=true; `install` makes it record what it decided.
A state machine, a job or a rule acts in-process as its role: its calls come through `require`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ministack.core import iam_evaluator, responses, router
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from local_aws import grants

HOOKS = (
    "ministack.core.iam_evaluator:enforce",
    "ministack.core.iam_evaluator:evaluate",
    "ministack.core.iam_evaluator:combine_resource_policy",
    "ministack.core.iam_evaluator:request_caller_arn",
    "ministack.core.iam_evaluator:resolve_credential",
    "ministack.core.iam_evaluator:EvalContext",
    "ministack.core.iam_evaluator:EvalResult",
    "ministack.core.iam_evaluator:AuthError",
    "ministack.core.iam_evaluator:ResolvedCredential",
    "ministack.core.iam_evaluator:_gather_role_policies",
    "ministack.core.iam_evaluator:_permissions_boundary",
    "ministack.core.iam_evaluator:_resource_policy",
    "ministack.core.iam_evaluator:_POLICY_REQUIRED",
    "ministack.core.responses:_account_from_sts_session",
    "ministack.core.router:extract_access_key_id",
    "ministack.services.iam:_roles",
)

# Distinct rows kept in memory to record each once: object keys make resources without bound.
_MAX_RECORDED = 50_000


@dataclass(frozen=True)
class Need:
    """One action that a principal must be allowed on one resource, with the condition keys of the call."""

    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)


# (action, resource) -> what the caller needs besides, once that action is allowed (a topic's key).
also_needed: list[Callable[[str, str], list[Need]]] = []


class AccessDenied(Exception):  # noqa: N818 - AWS's word for it
    """A role may not do what was asked of it; the text is AWS's."""

    def __init__(self, principal: str, action: str, resource: str, *, explicit: bool) -> None:
        reason = (
            "with an explicit deny in an identity-based policy"
            if explicit
            else f"because no identity-based policy allows the {action} action"
        )
        super().__init__(
            f"User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"
        )
        self.principal = principal
        self.action = action
        self.resource = resource


class AccessRecord:
    """A file of JSON lines {role, action, resource, allowed}, each combination once."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._seen = self._read(path)
        self._file: IO[str] = path.open("a", buffering=1)

    @staticmethod
    def _read(path: Path) -> set[tuple[str, str, str, bool]]:
        if not path.exists():
            return set()
        rows = (json.loads(line) for line in path.read_text().splitlines())
        return {(row["role"], row["action"], row["resource"], row["allowed"]) for row in rows}

    def add(self, role: str, action: str, resource: str, *, allowed: bool) -> None:
        """Write the combination down unless it is there already."""
        row = (role, action, resource, allowed)
        if row in self._seen:
            return
        with self._lock:
            if row in self._seen or len(self._seen) >= _MAX_RECORDED:
                return
            self._seen.add(row)
            keys = ("role", "action", "resource", "allowed")
            self._file.write(json.dumps(dict(zip(keys, row, strict=True))) + "\n")


# The record in use, once `install` has opened it.
_records: list[AccessRecord] = []
# The evaluator's context and result of the first evaluation of a request, which is of the caller's policies.
_first_evaluated: ContextVar[tuple[Any, Any] | None] = ContextVar("first_evaluated", default=None)


def install(access_file: Path) -> None:
    """Record what ministack's own enforcement decides, and everything `require` decides, in `access_file`."""
    _records.append(AccessRecord(access_file))
    original = iam_evaluator.enforce
    iam_evaluator.evaluate = _remembering(iam_evaluator.evaluate)

    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        _first_evaluated.set(None)
        result = original(access_key_id, iam_action, service, region, resource_arn, service_context)
        evaluated = _first_evaluated.get()
        role = caller_role(access_key_id)
        if role is None or not (result is None or isinstance(result, iam_evaluator.EvalResult)):
            return result
        _remember(role, iam_action, resource_arn, allowed=result is None)
        if result is None and evaluated is not None:
            _use(role, *evaluated)
        return result or _refused_besides(role, iam_action, resource_arn)

    iam_evaluator.enforce = enforce
    iam_evaluator.request_caller_arn = _request_caller_arn


def _remembering(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    def remembering(context: Any, *policies: Any) -> Any:
        result = evaluate(context, *policies)
        if _first_evaluated.get() is None:
            _first_evaluated.set((context, result))
        return result

    return remembering


def _use(role: str, context: Any, identity: Any) -> None:
    """Tell what was used, if the role's own policies allowed it and not the resource's alone."""
    if identity.decision == "Allow":
        grants.use(role, context)


def _request_caller_arn(headers: Mapping[str, str], query: Mapping[str, Any] | None = None) -> str:
    """Who sent a request: a user's or a role session's ARN, else the account's root.

    ministack's own reads every policy of the caller to learn its name, for every request.
    """
    account = get_account_id()
    access_key_id = router.extract_access_key_id(headers or {}, query or {})
    if access_key_id:
        session_account = responses._account_from_sts_session(access_key_id)
        credential = iam_evaluator.resolve_credential(access_key_id, session_account or account)
        if isinstance(credential, iam_evaluator.ResolvedCredential):
            return str(credential.principal_arn)
    return f"arn:aws:iam::{account}:root"


def require(
    role_arn: str,
    action: str,
    resource: str,
    context: Mapping[str, Any] | None = None,
    *,
    session_name: str = "local-aws",
) -> None:
    """Raise AccessDenied unless the role may do `action` on `resource`.

    `context` holds condition keys of the call (`iam:PassedToService`, `kms:ViaService`). Identity policies,
    the permissions boundary and the resource's own policy count, an explicit deny in any of them wins.
    """
    role_name = role_arn.rsplit("/", 1)[-1]
    account = get_account_id()
    principal = f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"
    _first_evaluated.set(None)
    decision = _decide(role_name, principal, account, action, resource, context or {})
    _remember(role_arn, action, resource, allowed=decision.decision == "Allow")
    evaluated = _first_evaluated.get()
    if decision.decision == "Allow" and evaluated is not None:
        _use(role_arn, *evaluated)
    if decision.decision != "Allow":
        raise AccessDenied(principal, action, resource, explicit=decision.decision == "Deny")
    for need in _needed_besides(action, resource):
        require(role_arn, need.action, need.resource, need.context, session_name=session_name)


def caller_role(access_key_id: str) -> str | None:
    """The ARN of the role behind temporary credentials; None for all other keys."""
    if not access_key_id.startswith("ASIA"):
        return None
    credential = iam_evaluator.resolve_credential(access_key_id)
    if (
        not isinstance(credential, iam_evaluator.ResolvedCredential)
        or credential.principal_type != "AssumedRole"
    ):
        return None
    role_name = credential.principal_arn.split("/")[1]
    role = iam._roles.get(role_name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{credential.account_id}:role/{role_name}"


def _needed_besides(action: str, resource: str) -> list[Need]:
    return [need for needed in also_needed for need in needed(action, resource)]


def _refused_besides(role: str, action: str, resource: str) -> Any:
    """ministack's form of a refusal for what an allowed action takes besides, else None."""
    try:
        for need in _needed_besides(action, resource):
            require(role, need.action, need.resource, need.context)
    except AccessDenied as error:
        return iam_evaluator.AuthError("KMSAccessDenied", str(error))
    return None


def _decide(
    role_name: str, principal: str, account: str, action: str, resource: str, context: Mapping[str, Any]
) -> Any:
    request = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={"aws:tagkeys": None, **{key.lower(): value for key, value in context.items()}},
    )
    limits = iam_evaluator._permissions_boundary(iam._roles, role_name, account)
    identity = iam_evaluator.evaluate(
        request, iam_evaluator._gather_role_policies(role_name, account), *limits
    )
    service = action.partition(":")[0]
    policy = iam_evaluator._resource_policy(service, resource)
    if policy is None:
        return identity
    return iam_evaluator.combine_resource_policy(
        identity, request, *policy, required=service in iam_evaluator._POLICY_REQUIRED, limits=limits
    )


def _remember(role: str, action: str, resource: str, *, allowed: bool) -> None:
    for record in _records:
        record.add(role, action, resource, allowed=allowed)
