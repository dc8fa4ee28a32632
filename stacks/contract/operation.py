"""An operation of the API: a method at a path, what it takes and answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.contract.body import Body
from stacks.contract.faults import NO_KEY, Fault


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`id` names it for programs; `parameters` are the query's, as OpenAPI describes them."""

    id: str
    method: str
    path: str
    summary: str
    answer: Body
    faults: tuple[Fault, ...]
    request: Body | None = None
    parameters: tuple[Mapping[str, Any], ...] = ()

    @property
    def keyed(self) -> bool:
        """Whether it needs an API key."""
        return NO_KEY in self.faults
