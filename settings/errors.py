"""What a wrong setting is reported as."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

_LONGEST_VALUE = 100


@dataclass(frozen=True)
class Fault:
    """One wrong setting: the file, the field's path in it, and what is wrong with it and what is allowed."""

    file: str
    field: str
    problem: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.field, self.problem) if part)


class SettingsError(Exception):
    """Settings that can't be used; the text has a line for each fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def not_allowed(value: object, allowed: str) -> str:
    """The text for a value that isn't allowed, with what is."""
    return f"{shown(value)} is not allowed; {allowed}"


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    """The text for a name that nothing has, with the nearest one that something has."""
    near = get_close_matches(name, known, n=1)
    suggestion = f"did you mean {near[0]}? " if near else ""
    return f"unknown {kind} {shown(name)}; {suggestion}Known: {', '.join(known)}"


def shown(value: object) -> str:
    """A value as it would stand in a settings file, shortened when long."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
