"""What roles are granted, and which of it was ever used: two files of JSON lines in the state folder.

A grant is one action and one resource of an Allow statement, as the policy writes them, with the statement's
conditions. `grants.jsonl` has a line for each policy of a role, whenever it is put; the newest one of a role
and policy counts, also when both are gone:

    {"role": ARN, "policy": name, "grants": [{"action", "resource", "condition", "within_boundary"}, …]}

`within_boundary` is false if no statement of the role's permissions boundary allows the action.
`grants_used.jsonl` has a line for each grant that allowed a call, with the first call's action and resource:

    {"role": ARN, "policy": name, "action", "resource", "condition", "call": [action, resource]}
"""

import dataclasses
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam

from local_aws import cloudformation

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.core.iam_evaluator:_first_match",
    "ministack.core.iam_evaluator:_permissions_boundary",
    "ministack.core.iam_evaluator:_resolve_managed_policy_document",
    "ministack.core.iam_evaluator:fnmatch_iam",
    "ministack.core.iam_evaluator:parse_policy_document",
    "ministack.services.iam:_IAM_HANDLERS",
    "ministack.services.iam:_roles",
)
FILES = ("grants.jsonl", "grants_used.jsonl")

# What changes the policies of one role, and of any role that a managed policy is attached to.
_CHANGING_ONE = (
    "CreateRole",
    "PutRolePolicy",
    "DeleteRolePolicy",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
)
_CHANGING_MANY = ("CreatePolicyVersion",)


class Grant(NamedTuple):
    """One action and one resource of a policy's statement; `condition` is its JSON, "" without."""

    policy: str
    action: str
    resource: str
    condition: str


class Grants:
    """The grants of all roles, and those of them that were used, in memory and in two files."""

    def __init__(self, state: Path) -> None:
        self._lock = threading.Lock()
        self._noted: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._used: dict[str, set[Grant]] = defaultdict(set)
        # role name -> grants that were never used, with the statement that each stands for
        self._unused: dict[str, list[tuple[Grant, Any]]] = {}
        granted, used = (state / name for name in FILES)
        for row in _rows(granted):
            self._noted[row["role"], row["policy"]] = row["grants"]
        for row in _rows(used):
            self._used[row["role"]].add(Grant(*(row[name] for name in Grant._fields)))
        self._granted_file: IO[str] = granted.open("a", buffering=1)
        self._used_file: IO[str] = used.open("a", buffering=1)

    def note(self, role_name: str) -> None:
        """Write down what the role is granted now, as far as that has changed."""
        role = iam._roles.get(role_name)
        if role is None:
            return
        boundary = _boundary(role_name)
        unused: list[tuple[Grant, Any]] = []
        with self._lock:
            for policy, document in _policies(role):
                held = list(_granted(policy, document))
                self._write(role["Arn"], policy, [_row(grant, boundary) for grant, _ in held])
                unused += [each for each in held if each[0] not in self._used[role["Arn"]]]
            self._unused[role_name] = unused

    def _write(self, role_arn: str, policy: str, rows: list[dict[str, Any]]) -> None:
        if self._noted.get((role_arn, policy)) != rows:
            self._noted[role_arn, policy] = rows
            line = {"role": role_arn, "policy": policy, "grants": rows}
            self._granted_file.write(json.dumps(line) + "\n")

    def use(self, role_arn: str, context: Any) -> None:
        """Write down the grants of the role that allow what was asked in this context, each once."""
        role_name = role_arn.rsplit("/", 1)[-1]
        if role_name not in self._unused:
            self.note(role_name)
        unused = self._unused.get(role_name, [])
        found = [grant for grant, statement in unused if _allows(statement, context)]
        if not found:
            return
        with self._lock:
            for grant in set(found) - self._used[role_arn]:
                self._used[role_arn].add(grant)
                line = {"role": role_arn, **grant._asdict(), "call": [context.action, context.resource_arn]}
                self._used_file.write(json.dumps(line) + "\n")
            self._unused[role_name] = [each for each in unused if each[0] not in found]


# The record in use, once `install` has opened it.
_records: list[Grants] = []


def install(state: Path) -> None:
    """Write down from now on what roles are granted; `enforcement` tells what they use."""
    grants = Grants(state)
    _records.append(grants)
    cloudformation.after("AWS::IAM::Role", lambda name, _properties, _before: grants.note(name))
    for resource_type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        cloudformation.after(resource_type, lambda _name, properties, _before: _note_roles(properties))
    for action in (*_CHANGING_ONE, *_CHANGING_MANY):
        iam._IAM_HANDLERS[action] = _noting(iam._IAM_HANDLERS[action], every=action in _CHANGING_MANY)


def use(role_arn: str, context: Any) -> None:
    """A role was allowed what the evaluator's context says, by its own policies."""
    for record in _records:
        record.use(role_arn, context)


def _note_roles(properties: dict[str, Any]) -> None:
    for record in _records:
        for name in properties.get("Roles") or []:
            record.note(name)


def _noting(handler: Any, *, every: bool) -> Any:
    def handle(parameters: dict[str, Any]) -> Any:
        answer = handler(parameters)
        names = list(iam._roles.keys()) if every else [iam._p(parameters, "RoleName")]
        _note_roles({"Roles": names})
        return answer

    return handle


def _granted(policy: str, document: Any) -> Iterator[tuple[Grant, Any]]:
    """Each grant of a policy, with a statement of ministack's that allows it alone."""
    for statement in iam_evaluator.parse_policy_document(document):
        if statement.effect != "Allow":
            continue
        condition = json.dumps(statement.conditions, sort_keys=True) if statement.conditions else ""
        for action in statement.actions or [_all_but(statement.not_actions)]:
            for resource in statement.resources or [_all_but(statement.not_resources)]:
                alone = dataclasses.replace(
                    statement,
                    actions=[action] if statement.actions else [],
                    resources=[resource] if statement.resources else [],
                )
                yield Grant(policy, action, resource, condition), alone


def _policies(role: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from (role.get("InlinePolicies") or {}).items()
    for arn in role.get("AttachedPolicies", []):
        document = iam_evaluator._resolve_managed_policy_document(arn, get_account_id())
        if document:
            yield arn, document


def _all_but(patterns: list[str]) -> str:
    return f"all but {', '.join(patterns)}" if patterns else "*"


def _boundary(role_name: str) -> list[Any] | None:
    """The statements of the role's permissions boundary, None without one."""
    limits = iam_evaluator._permissions_boundary(iam._roles, role_name, get_account_id())
    return [each for policies in limits for policy in policies for each in policy] if limits else None


def _row(grant: Grant, boundary: list[Any] | None) -> dict[str, Any]:
    within = boundary is None or any(
        iam_evaluator.fnmatch_iam(grant.action, pattern)
        for statement in boundary
        if statement.effect == "Allow"
        for pattern in statement.actions or ["*"]
    )
    return {
        "action": grant.action,
        "resource": grant.resource,
        "condition": grant.condition,
        "within_boundary": within,
    }


def _allows(statement: Any, context: Any) -> bool:
    # The action first: it rules out nearly all.
    wanted = statement.actions[0] if statement.actions else "*"
    return iam_evaluator.fnmatch_iam(context.action, wanted) and bool(
        iam_evaluator._first_match(context, [statement], "Allow")
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
