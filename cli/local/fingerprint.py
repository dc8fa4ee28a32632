"""Fingerprints of inputs, by which `local up` knows what is unchanged."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path


def of(paths: Iterable[Path], *facts: str) -> str:
    """SHA-256 over the content and relative names of files (folders: all below them), and over `facts`."""
    digest = hashlib.sha256()
    for fact in facts:
        digest.update(f"{len(fact)}:{fact}".encode())
    for path in paths:
        for file in _files(path):
            with file.open("rb") as content:
                checksum = hashlib.file_digest(content, "sha256").hexdigest()
            digest.update(f"{path.name}/{file.relative_to(path)} {checksum}\n".encode())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for file in sorted(path.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file
