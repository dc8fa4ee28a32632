"""ExecuteChangeSet answers when its stack is settled, if that takes no longer than a few seconds.

CDK's command line looks at a stack at once and then every five seconds: one that takes a second to make
would be waited for five. AWS answers at once; its stacks take longer than that anyway.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets

HOOKS = (
    "ministack.services.cloudformation:handle_request",
    "ministack.services.cloudformation.changesets:_create_stack_task_in_region",
)
LONGEST_SECONDS = 4.0

_settled: ContextVar[asyncio.Event | None] = ContextVar("settled", default=None)


def install() -> None:
    """Have each request know when the work that it started has ended, and wait for it."""
    start, handle = changesets._create_stack_task_in_region, cloudformation.handle_request

    def start_noted(work: Coroutine[Any, Any, Any], *where: Any) -> None:
        settled = asyncio.Event()
        _settled.set(settled)
        start(_telling(work, settled), *where)

    async def handle_and_wait(*request: Any) -> Any:
        _settled.set(None)
        answer = await handle(*request)
        settled = _settled.get()
        if settled is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(settled.wait(), LONGEST_SECONDS)
        return answer

    changesets._create_stack_task_in_region = start_noted
    cloudformation.handle_request = handle_and_wait


async def _telling(work: Coroutine[Any, Any, Any], settled: asyncio.Event) -> None:
    try:
        await work
    finally:
        settled.set()
