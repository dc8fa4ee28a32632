"""Takes one file out of a zip archive that may be hostile."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from .download import Download, save
from .faults import SourceMissing, UnsafeArchive

_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1


def is_archive(path: Path) -> bool:
    """Whether the file starts as a zip archive does."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def unpack(archive: Path, name: str, path: Path, *, max_bytes: int, what: str) -> Download:
    """Write the archive's file of this name, in whichever folder it is, to `path`; nothing else is unpacked.

    Raises `SourceMissing` without such a file, `UnsafeArchive`, and `SourceTooLarge` when it unpacks to
    more than `max_bytes`, whatever size the archive claims. `what` names the archive in those texts.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            member = _member(opened.infolist(), name, what)
            with opened.open(member) as stream:
                what = f"{name} in {what}"
                return save(stream.read, path, max_bytes=max_bytes, announced_bytes=None, what=what)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnsafeArchive(f"{what} can't be unpacked: {error}") from error


def _member(members: list[zipfile.ZipInfo], name: str, what: str) -> zipfile.ZipInfo:
    files = [member for member in members if not member.is_dir()]
    named = [member for member in files if member.filename == name] or [
        member for member in files if PurePosixPath(member.filename).name == name
    ]
    if not named:
        present = ", ".join(sorted(member.filename for member in files)[:10])
        raise SourceMissing(f"{what} holds no {name}; it holds {present or 'nothing'}")
    if len(named) > 1:
        places = ", ".join(member.filename for member in named)
        raise UnsafeArchive(f"{what} holds {name} more than once: {places}")
    (member,) = named
    _require_plain(member, what)
    return member


def _require_plain(member: zipfile.ZipInfo, what: str) -> None:
    place = PurePosixPath(member.filename)
    if place.is_absolute() or ".." in place.parts or "\\" in member.filename:
        raise UnsafeArchive(f"{what} names a file outside of itself: {member.filename}")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnsafeArchive(f"{what} holds {member.filename} as a link, not as a file")
    if member.flag_bits & _ENCRYPTED:
        raise UnsafeArchive(f"{what} is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeArchive(f"{what} is compressed by another method than deflate")
