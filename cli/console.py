"""What is written where: answers on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console

_WIDTH_OF_FILES = 160

# Answers: tables for people, or one JSON document with --json. Files and pipes have no width of their own.
ANSWERS = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
# Progress, the target, remarks, errors.
REMARKS = Console(stderr=True, highlight=False, soft_wrap=True)


def remark(text: str) -> None:
    """Tell a person something that no script reads."""
    REMARKS.print(text, markup=False)


def answer_json(document: Mapping[str, Any]) -> None:
    """Write `document` to stdout as JSON; times become ISO 8601."""
    ANSWERS.print(
        json.dumps(document, indent=2, default=_encode), markup=False, soft_wrap=True, emoji=False, crop=False
    )


def moment(time: datetime | None) -> str:
    """A time as a person reads it, in the machine's own time zone; "-" if there is none."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S") if time else "-"


def _encode(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON value")
