"""Writes a stream to a file: hashed on the way, never more than allowed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .faults import SourceTooLarge, SourceUnavailable

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file on disk and what is known of its content."""

    path: Path
    sha256: str
    size_bytes: int


def save(
    read: Callable[[int], bytes], path: Path, *, max_bytes: int, announced_bytes: int | None, what: str
) -> Download:
    """Copy what `read` gives, chunk by chunk, until it gives nothing.

    Raises `SourceTooLarge` above `max_bytes`, and `SourceUnavailable` when the stream ends before the
    announced number of bytes. `what` names the source in those texts.
    """
    if announced_bytes is not None and announced_bytes > max_bytes:
        raise SourceTooLarge(f"{what} has {announced_bytes} bytes; at most {max_bytes} are taken")
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := read(CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise SourceTooLarge(f"{what} has more than {max_bytes} bytes, the most that are taken")
            digest.update(chunk)
            file.write(chunk)
    if announced_bytes is not None and size < announced_bytes:
        raise SourceUnavailable(f"{what} ended after {size} of {announced_bytes} bytes")
    return Download(path=path, sha256=digest.hexdigest(), size_bytes=size)
