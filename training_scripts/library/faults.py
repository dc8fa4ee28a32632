"""What is wrong with raw data, in the words that end a processing job."""

from __future__ import annotations

FAULTS_SHOWN = 5
VALUE_LENGTH_SHOWN = 80


class InvalidDataError(Exception):
    """The raw data can't be trained on; the text says why, in one line."""


class Faults:
    """Counts the faults of a file and keeps the text of the first few."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.count = 0
        self._shown: list[str] = []

    def add(self, text: str) -> None:
        """Count a fault; `text` says where it is, what was found and what is allowed."""
        self.count += 1
        if len(self._shown) < FAULTS_SHOWN:
            self._shown.append(text)

    def raise_if_any(self) -> None:
        """Raise InvalidDataError with the faults seen so far, if there were any."""
        if self.count == 0:
            return
        counted = "1 fault" if self.count == 1 else f"{self.count} faults"
        first = f", the first {FAULTS_SHOWN} are" if self.count > FAULTS_SHOWN else ""
        raise InvalidDataError(f"{self.file_name} has {counted}{first}: {'; '.join(self._shown)}")


def shown(value: object) -> str:
    """Return a value as a message quotes it: escaped, and cut when it is long."""
    text = value if isinstance(value, str) else repr(value)
    cut = text if len(text) <= VALUE_LENGTH_SHOWN else text[:VALUE_LENGTH_SHOWN] + "..."
    return repr(cut) if isinstance(value, str) else cut
