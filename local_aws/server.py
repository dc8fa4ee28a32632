"""Serving: the emulator's HTTP server on the loopback interface, and its end."""

import asyncio
import os
import signal
import threading
from types import FrameType

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app

from local_aws import environment, persistence

HOOKS = ("ministack.app:app",)

# A graceful stop that takes longer is taken for a hang; what was not saved by then is given up. Two
# environments are more than 100 MB to save, which took over 10 seconds on a machine with much else to do.
STOP_SECONDS = 120.0
# Seconds that requests under way get to end before their connections are closed.
_GRACE_SECONDS = 2.0


def run(port: int) -> None:
    """Serve until TERM or INT, then save everything and mark the state as complete."""
    failures = persistence.SaveFailures()
    asyncio.run(_serve(port))
    persistence.mark_clean_stop(failures)


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        _end_after(STOP_SECONDS)
        loop.call_soon_threadsafe(stop.set)

    # Not loop.add_signal_handler: its callbacks wait for a loop that may be the very thing that hangs.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    await serve(app.app, _config(port), shutdown_trigger=stop.wait)


def _config(port: int) -> Config:
    config = Config()
    config.bind = [f"{environment.HOST}:{port}"]
    config.graceful_timeout = _GRACE_SECONDS
    config.shutdown_timeout = STOP_SECONDS
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    return config


def _end_after(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, args=(1,))
    timer.daemon = True
    timer.start()
