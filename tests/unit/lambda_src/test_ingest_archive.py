import io
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from ingest.archive import is_archive, unpack
from ingest.faults import SourceMissing, SourceTooLarge, UnsafeArchive

LIMIT = 10_000


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def unpacked(source: Path, name: str = "data.csv") -> bytes:
    target = source.with_suffix(".out")
    unpack(source, name, target, max_bytes=LIMIT, what="the source")
    return target.read_bytes()


def test_takes_the_named_file_and_nothing_else(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.zip", {"data.csv": b"1,2\n", "other.csv": b"3,4\n"})

    download = unpack(source, "data.csv", tmp_path / "out", max_bytes=LIMIT, what="the source")

    assert (tmp_path / "out").read_bytes() == b"1,2\n"
    assert (download.size_bytes, len(download.sha256)) == (4, 64)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]


def test_takes_the_named_file_out_of_a_folder(tmp_path: Path) -> None:
    assert unpacked(archive(tmp_path / "a.zip", {"deep/in/data.csv": b"1"})) == b"1"


def test_prefers_the_file_of_exactly_that_name(tmp_path: Path) -> None:
    assert unpacked(archive(tmp_path / "a.zip", {"old/data.csv": b"0", "data.csv": b"1"})) == b"1"


def test_says_what_is_there_when_the_file_is_not(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.zip", {"bank/full.csv": b"1", "bank/": b""})

    with pytest.raises(SourceMissing, match=r"the source holds no data\.csv; it holds bank/full\.csv$"):
        unpacked(source)


@pytest.mark.parametrize("name", ["../data.csv", "/data.csv", "a/../../data.csv", "..\\..\\x/data.csv"])
def test_refuses_a_file_outside_of_the_archive(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeArchive, match="outside of itself"):
        unpacked(archive(tmp_path / "a.zip", {name: b"1"}))


def test_refuses_a_link(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        link = zipfile.ZipInfo("data.csv")
        link.external_attr = 0o120777 << 16
        opened.writestr(link, "/etc/passwd")

    with pytest.raises(UnsafeArchive, match="link"):
        unpacked(tmp_path / "a.zip")


def test_refuses_two_files_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match=r"more than once: a/data\.csv, b/data\.csv"):
        unpacked(archive(tmp_path / "a.zip", {"a/data.csv": b"1", "b/data.csv": b"2"}))

    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(tmp_path / "b.zip", "w") as opened:
        opened.writestr("data.csv", b"1")
        opened.writestr("data.csv", b"2")
    with pytest.raises(UnsafeArchive, match="more than once"):
        unpacked(tmp_path / "b.zip")


def test_refuses_a_bomb(tmp_path: Path) -> None:
    with pytest.raises(SourceTooLarge, match=r"data\.csv in the source has more than 10000 bytes"):
        unpacked(archive(tmp_path / "a.zip", {"data.csv": b"0" * (LIMIT + 1)}))


def test_refuses_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    # Given an archive whose headers announce 5 bytes for 5 MB
    source = archive(tmp_path / "a.zip", {"data.csv": b"0" * 5_000_000})
    lying = source.read_bytes().replace(struct.pack("<L", 5_000_000), struct.pack("<L", 5))
    source.write_bytes(lying)

    # When it is unpacked, then no more than those 5 bytes are believed, and the checksum tells
    with pytest.raises(UnsafeArchive, match="CRC"):
        unpacked(source)


def test_refuses_an_encrypted_file(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.zip", {"data.csv": b"secret"})
    content = bytearray(source.read_bytes())
    central = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    source.write_bytes(content)

    with pytest.raises(UnsafeArchive, match="encrypted"):
        unpacked(source)


def test_refuses_other_compression(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match="deflate"):
        unpacked(archive(tmp_path / "a.zip", {"data.csv": b"1"}, zipfile.ZIP_BZIP2))


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_refuses_a_damaged_archive(tmp_path: Path, damage: str) -> None:
    source = archive(tmp_path / "a.zip", {"data.csv": bytes(range(256)) * 20}, zipfile.ZIP_STORED)
    content = bytearray(source.read_bytes())
    if damage == "cut":
        del content[-100:]
    else:
        content[100] ^= 0xFF
    source.write_bytes(content)

    with pytest.raises(UnsafeArchive, match="can't be unpacked"):
        unpacked(source)


def test_recognises_an_archive_by_its_first_bytes(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.bin", {"data.csv": b"1"})
    table = tmp_path / "b.csv"
    inner = io.BytesIO()
    zipfile.ZipFile(inner, "w").close()
    table.write_bytes(b"1,2\n" + inner.getvalue())

    assert is_archive(source)
    assert not is_archive(table)
