"""Serving: the emulator behind an HTTP server on the loopback interface, and its end.

uvicorn with httptools: a request of an SDK otherwise costs the server as much as its answer. Not with uvloop:
it saves little more, and under load, while an endpoint was updated, the process ended by a segmentation fault
in it.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from ministack import app

from local_aws import environment, persistence

HOOKS = ("ministack.app:app",)

# A graceful stop that takes longer is taken for a hang; what was not saved by then is given up. Two
# environments are more than 100 MB to save, which took over 10 seconds on a machine with much else to do.
STOP_SECONDS = 120.0
# Seconds that requests under way get to end before their connections are closed.
_GRACE_SECONDS = 2


class Server(uvicorn.Server):
    """A server that leaves signals to the program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Part of uvicorn's interface."""
        yield


def configure(application: Any, *, lifespan: bool, **more: Any) -> uvicorn.Config:
    """The emulator adds its headers itself, and keeps what belongs to a request in context variables."""
    return uvicorn.Config(
        application,
        interface="asgi3",
        http="httptools",
        ws="wsproto",
        lifespan="on" if lifespan else "off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        reset_contextvars=True,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **more,
    )


def run(port: int) -> None:
    """Serve until TERM or INT, then save everything and mark the state as complete."""
    failures = persistence.SaveFailures()
    # Not closed: that would wait for invocations under way, which the program's end ends.
    asyncio.Runner().run(_serve(port))
    persistence.mark_clean_stop(failures)


async def _serve(port: int) -> None:
    server = Server(configure(app.app, lifespan=True, host=environment.HOST, port=port))

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        _end_after(STOP_SECONDS)
        server.should_exit = True

    # Not loop.add_signal_handler: its callbacks wait for a loop that may be the very thing that hangs.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    await server.serve()
    if server.lifespan.error_occurred or server.lifespan.shutdown_failed:
        raise RuntimeError("The emulator did not end as it should; the log says why.")


def _end_after(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, args=(1,))
    timer.daemon = True
    timer.start()
