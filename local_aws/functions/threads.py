"""The threads that wait for invocations, used again: making one for each stalls the event loop."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

HOOKS = (
    "ministack.services.apigateway_v1:run_reentrant",
    "ministack.services.lambda_svc:run_reentrant",
)

# More than AWS lets an account run at once (1,000): invocations that invoke others never wait for a thread.
_MOST_THREADS = 10_000

_threads = ThreadPoolExecutor(_MOST_THREADS, "invocation")


async def run(function: Callable[..., Any], *arguments: Any, thread_name: str = "") -> Any:  # noqa: ARG001
    """Stands in for ministack's `run_reentrant`: call `function` in a thread, in this context.

    A caller that is cancelled meanwhile is so only once the function has ended, since a thread can't be
    stopped.
    """
    context = contextvars.copy_context()
    work = asyncio.get_running_loop().run_in_executor(_threads, context.run, function, *arguments)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        # Looked at, so that asyncio doesn't report a failure that nobody waits for any more.
        work.exception()
        raise
