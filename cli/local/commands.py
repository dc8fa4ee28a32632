"""Other programs (pip, cdk) run quietly: their output goes to a log, which is named when they fail.

None outlives this process, however it ends: the supervisor that the local AWS has for its jobs kills a
program and all that it has started once the pipe to this process closes.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from cli.errors import OperatorError, sentence
from cli.project import LOGS, ROOT, relative

_SUPERVISOR: Final = ROOT / "local_aws" / "images" / "toolkit" / "supervisor.py"
_TELLING: Final = re.compile(r"❌|error|fail|refused|not found|no such|invalid", re.IGNORECASE)
_MOST_LINES: Final = 4
_LOOK_EVERY_SECONDS: Final = 0.5
# CloudFormation's events; the first failure is the cause of the others.
_FAILED_RESOURCE: Final = re.compile(r"\b(CREATE|UPDATE|DELETE)_FAILED\b")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


def run(
    what: str,
    command: Sequence[str | Path],
    log_name: str,
    environ: Mapping[str, str] = os.environ,
    needs: Callable[[], bool] = lambda: True,
) -> str:
    """Run `command` in the project's folder, keep its output in `.local/logs/<log_name>`, and return it.

    `needs` tells whether the local AWS that the command talks to is still there: without it the command
    would try again for minutes.

    Raises:
        OperatorError: it failed; the text holds the most telling lines of its output, and the log's path.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / log_name
    with log.open("w", encoding="utf-8") as output:
        supervised: list[str | Path] = [sys.executable, "-I", "-S", _SUPERVISOR, *command]
        with subprocess.Popen(  # noqa: S603 - the project's own tools
            [str(part) for part in supervised],
            cwd=ROOT,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            ended = _wait(process, needs)
    if not ended:
        raise OperatorError(
            f"{what} was cut short: the local AWS ended meanwhile. Its log is "
            f"{relative(LOGS / 'local_aws.log')}; run `make local` again."
        )
    written = log.read_text(encoding="utf-8", errors="replace")
    if process.returncode != 0:
        raise OperatorError(
            f"{what} failed: {telling_lines(written)} The whole output is in {relative(log)}."
        )
    return written


def _wait(process: "subprocess.Popen[bytes]", needs: Callable[[], bool]) -> bool:
    """Wait for the end of the process; return False when what it needs is gone before."""
    while True:
        try:
            process.wait(_LOOK_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            if not needs():
                return False
        else:
            return True


def telling_lines(output: str) -> str:
    """The lines of a failed program's output that say why, on one line; the last ones if none seems to."""
    lines = [line.strip() for line in _COLOURS.sub("", output).splitlines() if line.strip()]
    failed_resource = next((line for line in lines if _FAILED_RESOURCE.search(line)), None)
    if failed_resource is not None:
        return sentence(failed_resource)
    telling = list(dict.fromkeys(line for line in lines if _TELLING.search(line))) or lines
    return sentence(" ".join(telling[-_MOST_LINES:]) or "it said nothing")
