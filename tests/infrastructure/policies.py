"""What the policies of a synthesized platform's roles allow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tests.infrastructure.assembly import Assembly, Resource


class Need(NamedTuple):
    """A call that must be allowed: action, resource ARN, and the condition keys it comes with."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Grant:
    """One action on one resource (pattern), under conditions: operator -> key -> values."""

    action: str
    resource: str
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)

    def covers(self, need: Need) -> bool:
        """Whether the grant allows the call."""
        return (
            self.action == need.action
            and fnmatchcase(need.resource, self.resource)
            and all(self._holds(operator, need) for operator in self.conditions)
        )

    def _holds(self, operator: str, need: Need) -> bool:
        context = dict(need.context)
        for key, allowed in self.conditions[operator].items():
            patterns = allowed if isinstance(allowed, list) else [allowed]
            if not any(_matches(operator, context.get(key), pattern) for pattern in patterns):
                return False
        return True


def _matches(operator: str, value: str | None, pattern: str) -> bool:
    if value is None:
        return False
    return {"StringEquals": value == pattern, "StringLike": fnmatchcase(value, pattern)}[operator]


def roles(assembly: Assembly) -> list[Resource]:
    """All roles of the platform."""
    return assembly.resources("AWS::IAM::Role")


def studio_roles(assembly: Assembly) -> list[Resource]:
    """The roles that people act as in Studio."""
    return [
        role
        for role in roles(assembly)
        if role.stack == "studio" and "sagemaker" in str(role.properties["AssumeRolePolicyDocument"])
    ]


def role_named(assembly: Assembly, stack: str, beginning: str) -> Resource:
    """The one role of a stack whose logical id begins so, before its hash."""
    [role] = [r for r in roles(assembly) if r.stack == stack and r.logical_id[:-8] == beginning]
    return role


def statements(assembly: Assembly, role: Resource) -> Iterator[dict[str, Any]]:
    """Every statement of a role's policies, resolved; another stack may have attached one."""
    documents = [policy["PolicyDocument"] for policy in role.properties.get("Policies", [])]
    for document in documents:
        yield from assembly.resolve(role.stack, document["Statement"])
    name = assembly.resolve(role.stack, {"Ref": role.logical_id})
    for policy in assembly.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if name in assembly.resolve(policy.stack, policy.properties["Roles"]):
            yield from assembly.resolve(policy.stack, policy.properties["PolicyDocument"]["Statement"])


def grants(assembly: Assembly, role: Resource) -> list[Grant]:
    """A role's statements, one grant for each action and resource."""
    found = []
    for statement in statements(assembly, role):
        assert statement["Effect"] == "Allow"
        assert statement.keys() <= {"Action", "Condition", "Effect", "Resource", "Sid"}, statement
        found += [
            Grant(action, resource, statement.get("Condition", {}))
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        ]
    return found


def missing(needs: list[Need], allowed: list[Grant]) -> list[Need]:
    """The calls that nothing allows."""
    return [need for need in needs if not any(grant.covers(need) for grant in allowed)]


def idle(needs: list[Need], allowed: list[Grant]) -> list[Grant]:
    """The grants that no call needs."""
    return [grant for grant in allowed if not any(grant.covers(need) for need in needs)]


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]
