"""Nothing outlives the local AWS: once the launcher is gone, a small process kills its process group.

It holds the reading end of a pipe whose writing end only the launcher has, so it wakes at any end of the
launcher, also kill -9, and at no other time. The launcher leads a process group that its functions and jobs
are born into.
"""

import os
import subprocess
import sys

_SCRIPT = """
import os, signal, sys
os.read(0, 1)
try:
    os.killpg(int(sys.argv[1]), signal.SIGKILL)
except ProcessLookupError:
    pass
"""

_writing_end: int | None = None


def lead_process_group() -> None:
    """Make this process the leader of a group, and start the process that ends the group with it."""
    global _writing_end
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    reading_end, _writing_end = os.pipe()
    subprocess.Popen(  # noqa: S603 - this interpreter with a script of our own
        [sys.executable, "-I", "-S", "-c", _SCRIPT, str(os.getpid())],
        stdin=reading_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(reading_end)
