"""What is under way, shown live on a terminal, and as plain lines everywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from threading import RLock
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.console import REMARKS


class Outcome(Enum):
    """How a line of the board stands, with its mark and colour."""

    RUNNING = (" ", "cyan")
    DONE = ("✓", "green")
    UNCHANGED = ("=", "green")
    CAUGHT = ("~", "yellow")
    FAILED = ("✗", "red")


@dataclass
class Line:
    """One thing under way; `seconds` None means it is timed from its start."""

    label: str
    detail: str = ""
    outcome: Outcome = Outcome.RUNNING
    seconds: float | None = None
    success: Outcome = Outcome.DONE
    _started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds it took, or has taken so far."""
        return time.monotonic() - self._started if self.seconds is None else self.seconds

    def unchanged(self) -> None:
        """Say that there was nothing to do; the line shows it when it ends."""
        self.success = Outcome.UNCHANGED
        self.detail = "unchanged"


class Board:
    """A list of lines that several threads may add to and change."""

    def __init__(self, console: Console = REMARKS) -> None:
        self._console = console
        self._lines: dict[str, Line] = {}
        self._lock = RLock()
        self._ended = False
        self._live = Live(
            get_renderable=self.__rich__, console=console, refresh_per_second=8, vertical_overflow="visible"
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = True
        if self._console.is_terminal:
            self._live.stop()

    def show(self, key: str, line: Line) -> None:
        """Add the line called `key`, or change it."""
        with self._lock:
            before = self._lines.get(key)
            self._lines[key] = line
            if not self._console.is_terminal and (before is None or before.outcome is not line.outcome):
                self._console.print(_plain(line), markup=False)

    @contextmanager
    def step(self, label: str) -> Iterator[Line]:
        """Time a block as one line; it is done at the end, failed when the block raises."""
        line = Line(label)
        self.show(label, line)
        try:
            yield line
        except BaseException:
            self._finish(line, Outcome.FAILED)
            raise
        self._finish(line, line.success)

    def _finish(self, line: Line, outcome: Outcome) -> None:
        self.show(line.label, Line(line.label, line.detail, outcome, line.elapsed))

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 1))
        with self._lock:
            lines = list(self._lines.values())
            # A terminal can't draw over what has scrolled away: the newest lines, and all of them at the end.
            for line in lines if self._ended else lines[1 - self._console.height :]:
                mark, colour = line.outcome.value
                running = line.outcome is Outcome.RUNNING
                table.add_row(
                    Spinner("dots", style=colour) if running else Text(mark, style=colour),
                    Text(line.label),
                    Text(f"{line.elapsed:.1f} s", style="dim"),
                    Text(line.detail, style="dim"),
                )
        return table


def _plain(line: Line) -> str:
    if line.outcome is Outcome.RUNNING:
        return f"… {line.label}"
    detail = f" · {line.detail}" if line.detail else ""
    return f"{line.outcome.value[0]} {line.label} ({line.elapsed:.1f} s){detail}"
