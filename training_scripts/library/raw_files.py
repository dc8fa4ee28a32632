"""Finds the raw files and reads them as text. Uses the standard library only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from library.faults import InvalidDataError


def existing(folder: Path, file_name: str) -> Path:
    """Return the path of a file, or raise InvalidDataError saying what is there instead."""
    path = folder / file_name
    if not path.is_file():
        found = ", ".join(sorted(entry.name for entry in folder.glob("*"))) or "nothing"
        raise InvalidDataError(f"{file_name} is missing: {folder} holds {found}")
    return path


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line of a UTF-8 file, as it ends there."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            # A byte order mark may start the file, as a spreadsheet writes it.
            yield number, decoded(path.name, number, line, "utf-8-sig" if number == 1 else "utf-8")


def decoded(name: str, number: int, line: bytes, encoding: str = "utf-8") -> str:
    """Return a line's text, or raise InvalidDataError naming the first byte that is none."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidDataError(
            f"{name}, line {number}, byte {error.start + 1}: 0x{line[error.start]:02X} is not UTF-8, "
            "it must be UTF-8 text"
        ) from error
