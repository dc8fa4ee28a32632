"""The policies of a deployed role, of which a statement is taken away and given back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# A policy has a statement at least; this one allows nothing that is used.
NOTHING = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


@dataclass(frozen=True)
class RolePolicies:
    """A role's managed policies, changed through IAM."""

    iam: Any
    role: str

    def documents(self) -> dict[str, dict[str, Any]]:
        """By ARN."""
        attached = self.iam.list_attached_role_policies(RoleName=self.role)["AttachedPolicies"]
        return {policy["PolicyArn"]: self._document(policy["PolicyArn"]) for policy in attached}

    @contextmanager
    def without(self, arn: str, index: int) -> Iterator[None]:
        """Take the policy's statement of this place away, and give it back."""
        document = self._document(arn)
        left = [one for place, one in enumerate(document["Statement"]) if place != index]
        self._put(arn, {**document, "Statement": left or [NOTHING]})
        try:
            yield
        finally:
            self._put(arn, document)

    def _document(self, arn: str) -> dict[str, Any]:
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        held = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return dict(held)

    def _put(self, arn: str, document: dict[str, Any]) -> None:
        former = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
        # A policy keeps five versions.
        self.iam.delete_policy_version(PolicyArn=arn, VersionId=former)


def listed(value: str | list[str]) -> tuple[str, ...]:
    """What a statement names, which may be one or several."""
    return (value,) if isinstance(value, str) else tuple(value)
