"""Roles whose permissions are in managed policies: shown, versioned and compared by AWS, none inline."""

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.wildcards import accept_wildcards


class OwnPolicy(iam.ManagedPolicy):
    """A managed policy of some roles of the platform; a role takes ten."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        roles: Sequence[iam.IRole],
        document: iam.PolicyDocument | None = None,
    ) -> None:
        super().__init__(scope, construct_id, roles=list(roles), document=document)
        accept_wildcards(self)


class OwnRole(iam.Role):
    """A role whose grants land in a managed policy of its own, which it has once something is granted."""

    def __init__(self, scope: Construct, construct_id: str, **properties: Any) -> None:
        super().__init__(scope, construct_id, **properties)
        self._policy: OwnPolicy | None = None

    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:
        """Add a statement, also where one of the CDK's own grants does."""
        if self._policy is None:
            self._policy = OwnPolicy(self, "Policy", roles=[self])
        self._policy.add_statements(statement)
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=self._policy)


def own_policy_of(role: iam.Role) -> OwnPolicy:
    """Put into a managed policy what is inline in a role that one of the CDK's constructs made."""
    inline = cast(iam.Policy, role.node.find_child("DefaultPolicy"))
    role.node.try_remove_child("DefaultPolicy")
    return OwnPolicy(role, "Policy", roles=[role], document=inline.document)
