"""What the environment's roles are granted, and which of it was ever used on the local AWS of this folder."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from rich.table import Column, Table

from cli.errors import OperatorError
from stacks.unused_permissions import REASONS, Reason

_GRANTED: Final = "grants.jsonl"
_USED: Final = "grants_used.jsonl"
# What tells a grant from the others.
_KEYS: Final = ("role", "policy", "action", "resource", "condition")


class Use(StrEnum):
    """Whether a grant has ever allowed a call."""

    USED = "used"
    EXPLAINED = "never used, for a reason"
    UNEXPLAINED = "never used"


@dataclass(frozen=True)
class Grant:
    """One action on one resource pattern that a role was granted; `condition` is JSON, "" without.

    `reason` says why it is granted although it was never used.
    """

    role: str
    policy: str
    action: str
    resource: str
    condition: str
    within_boundary: bool
    use: Use
    reason: str | None = None


@dataclass(frozen=True)
class Permissions:
    """All grants of the environment's roles, and the reasons that explain nothing."""

    grants: list[Grant]
    idle_reasons: list[Reason]

    def count(self, use: Use) -> int:
        """How many grants are so."""
        return sum(grant.use is use for grant in self.grants)

    def summary(self) -> str:
        """The figures, in a sentence."""
        roles = len({grant.role for grant in self.grants})
        return (
            f"{len(self.grants)} grants of {roles} roles: {self.count(Use.USED)} used, "
            f"{self.count(Use.EXPLAINED)} never used for a reason, "
            f"{self.count(Use.UNEXPLAINED)} never used without one."
        )

    def document(self) -> dict[str, Any]:
        """The same for scripts."""
        return {
            "granted": len(self.grants),
            **{use.name.lower(): self.count(use) for use in Use},
            "idle_reasons": [asdict(reason) for reason in self.idle_reasons],
            "grants": [asdict(grant) for grant in self.grants],
        }


def read(state: Path, prefix: str) -> Permissions:
    """Join grants and uses of the roles whose names begin with the environment's prefix.

    Raises:
        OperatorError: this folder's local AWS has not been used yet, or has no role of the environment.
    """
    if not (state / _GRANTED).exists():
        raise OperatorError("Nothing was granted yet: `make local` deploys the stacks.")
    granted = {(row["role"], row["policy"]): row["grants"] for row in _rows(state / _GRANTED)}
    rows = [
        {**grant, "role": name, "policy": policy}
        for (role, policy), grants in granted.items()
        if (name := _name(role)).startswith(f"{prefix}-")
        for grant in grants
    ]
    if not rows:
        raise OperatorError(
            f"No role of {prefix} was ever here: deploy the environment, or name another one."
        )
    used = {_key({**row, "role": _name(row["role"])}) for row in _rows(state / _USED)}
    return _judged(sorted(rows, key=_key), used)


def _judged(rows: Iterable[dict[str, Any]], used: set[tuple[str, ...]]) -> Permissions:
    grants, idle = {}, dict.fromkeys(REASONS)
    for row in rows:
        reason = None
        if _key(row) in used:
            use = Use.USED
        else:
            reason = next((one for one in REASONS if one.explains(row["role"], row["action"])), None)
            use = Use.EXPLAINED if reason else Use.UNEXPLAINED
            if reason:
                idle.pop(reason, None)
        grants[_key(row)] = Grant(**row, use=use, reason=reason.text if reason else None)
    return Permissions(list(grants.values()), list(idle))


def table(grants: Iterable[Grant]) -> Table:
    """Grants for people."""
    headings = ("role", "action", "resource", "condition", "use")
    rendered = Table(*(Column(heading, overflow="fold") for heading in headings))
    for grant in grants:
        told = f"{Use.UNEXPLAINED}: {grant.reason}" if grant.reason else str(grant.use)
        if not grant.within_boundary:
            told += " (the boundary leaves it out)"
        rendered.add_row(grant.role, grant.action, grant.resource, grant.condition, told)
    return rendered


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def _name(role_arn: str) -> str:
    return role_arn.rpartition("/")[2]


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in _KEYS)
