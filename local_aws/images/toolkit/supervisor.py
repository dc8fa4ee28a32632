"""Runs a container's command so that it never outlives who started it.

`python -I -S supervisor.py <command> [<argument> ...]`, with a pipe as standard input. The command runs in
the supervisor's session. When the pipe closes, because the parent wants an end or died (kill -9 included),
every
process of the session's group is killed. TERM is passed on to the command. Exits with the command's code, or
with 128
+ N if signal N ended it.
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType


def main(command: list[str]) -> int:
    """Run `command` to its end; returns its exit code, 127 if it can't be started."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the caller's own command
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 127

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    code = child.wait()
    return 128 - code if code < 0 else code


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
