"""Temporary credentials are registered by one thread at a time.

The emulator looks through all sessions for expired ones whenever it registers another. Jobs, endpoints and
functions get theirs on threads of their own: the dictionary would change while it is looked through.
"""

import threading
from typing import Any

from ministack.services import sts

HOOKS = ("ministack.services.sts:register_session",)

_one_at_a_time = threading.Lock()


def install() -> None:
    """Put a lock around the emulator's function."""
    register = sts.register_session

    def register_session(access_key: str, session: dict[str, Any]) -> None:
        with _one_at_a_time:
            register(access_key, session)

    sts.register_session = register_session
