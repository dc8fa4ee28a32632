"""Who listens on a port of this machine, so that it can be named when the port is taken."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LISTENING: Final = "0A"


@dataclass(frozen=True)
class Listener:
    """A process that listens; unknown parts (it may be another user's) are None."""

    pid: int | None
    command: str | None

    def __str__(self) -> str:
        if self.pid is None:
            return "a process of another user"
        return f"process {self.pid} ({self.command})" if self.command else f"process {self.pid}"


def is_taken(port: int) -> bool:
    """Whether something accepts connections on 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listener(port: int) -> Listener:
    """The process that listens on `port`, as far as this user may know."""
    pid = _pid_from_proc(port) if (_PROC / "net" / "tcp").exists() else _pid_from_lsof(port)
    return Listener(pid, command_of(pid) if pid is not None else None)


def command_of(pid: int) -> str | None:
    """The command line of a process, or None if it is gone."""
    if _PROC.joinpath("self").exists():
        try:
            return (
                (_PROC / str(pid) / "cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode(errors="replace")
                .strip()
            )
        except OSError:
            return None
    return _output_of(["ps", "-ww", "-o", "command=", "-p", str(pid)]) or None


def _pid_from_proc(port: int) -> int | None:
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for link in _PROC.glob("[0-9]*/fd/*"):
        # Processes and files come and go meanwhile, and other users' can't be read.
        with suppress(OSError):
            if link.readlink().name in sockets:
                return int(link.parent.parent.name)
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    """The sockets that listen, from the second, fourth and tenth column of /proc/net/tcp; see proc(5)."""
    for table in ("tcp", "tcp6"):
        path = _PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            columns = line.split()
            if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def _pid_from_lsof(port: int) -> int | None:
    pids = _output_of(["lsof", "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"]).split()
    return int(pids[0]) if pids else None


def _output_of(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
