"""DescribeStacks of one stack answers when the operation on it has ended, if that takes only seconds.

CDK's command line looks at a stack at once and then every five seconds, one stack after the other when it
destroys: each that takes a second would be waited for five. AWS answers at once; its stacks take longer than
that anyway.
"""

import asyncio
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

HOOKS = (
    "ministack.services.cloudformation:handle_request",
    "ministack.services.cloudformation.handlers:_ACTION_HANDLERS",
    "ministack.services.cloudformation.handlers:_resolve_stack",
)
# Clients give an answer a minute.
_LONGEST_SECONDS = 10.0
_LOOK_SECONDS = 0.05

_described: ContextVar[str | None] = ContextVar("described", default=None)


def install() -> None:
    """Have each request know the one stack that it describes, and wait for that."""
    describe, handle = handlers._ACTION_HANDLERS["DescribeStacks"], cloudformation.handle_request

    def describe_noted(parameters: Mapping[str, Any]) -> Any:
        [name] = parameters.get("StackName") or [None]
        _described.set(name)
        return describe(parameters)

    async def wait_and_handle(*request: Any) -> Any:
        _described.set(None)
        answer = await handle(*request)
        name = _described.get()
        if name is None or not _under_way(name):
            return answer
        deadline = time.monotonic() + _LONGEST_SECONDS
        while _under_way(name) and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
        return await handle(*request)

    handlers._ACTION_HANDLERS["DescribeStacks"] = describe_noted
    cloudformation.handle_request = wait_and_handle


def _under_way(name: str) -> bool:
    """Whether something is being done with a stack, which may be named by its id; a review isn't."""
    stack = handlers._resolve_stack(name) or {}
    status = str(stack.get("StackStatus", ""))
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
