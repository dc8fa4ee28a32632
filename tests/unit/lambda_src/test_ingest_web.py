"""Fetching over a real connection to a server of the test, with TLS and the address check taken off."""

import contextlib
import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest import web
from ingest.faults import SourceMissing, SourceNotAllowed, SourceTooLarge, SourceUnavailable

CONTENT = b"1,2,3\n" * 1000
LIMIT = 1_000_000


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        getattr(self, f"page_{self.path.strip('/').partition('?')[0]}")()

    def page_data(self) -> None:
        self.answer(200, CONTENT)

    def page_unannounced(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT)

    def page_cut(self) -> None:
        self.answer(200, CONTENT[:-1], **{"Content-Length": str(len(CONTENT))})

    def page_missing(self) -> None:
        self.answer(404)

    def page_broken(self) -> None:
        self.answer(503)

    def page_moved(self) -> None:
        self.answer(302, Location="/data")

    def page_to_http(self) -> None:
        self.answer(302, Location="http://127.0.0.1/data")

    def page_to_file(self) -> None:
        self.answer(302, Location="file:///etc/passwd")

    def page_to_metadata(self) -> None:
        self.answer(302, Location="https://169.254.169.254/latest/meta-data/")

    def page_around(self) -> None:
        self.answer(302, Location="/around")

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output free of the server's log."""


class NoTls:
    def wrap_socket(self, plain: socket.socket, **_: object) -> socket.socket:
        return plain


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    checked = web.is_public
    monkeypatch.setattr(web, "is_public", lambda address: address == "127.0.0.1" or checked(address))
    monkeypatch.setattr("ingest.web.ssl.create_default_context", NoTls)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("page", ["data", "unannounced", "moved", "data?signature=s"])
def test_downloads_a_page_also_after_a_redirect(site: str, tmp_path: Path, page: str) -> None:
    download = web.fetch(f"{site}/{page}", tmp_path / "page", LIMIT)

    assert download.path.read_bytes() == CONTENT
    assert download.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert download.size_bytes == len(CONTENT)


@pytest.mark.parametrize(
    ("page", "fault", "says"),
    [
        ("missing", SourceMissing, "HTTP 404"),
        ("broken", SourceUnavailable, "HTTP 503"),
        ("cut", SourceUnavailable, "ended after 5999 of 6000 bytes"),
        ("around", SourceNotAllowed, "infinite loop"),
        ("to_http", SourceNotAllowed, "http://127.0.0.1/data isn't an https:// URI"),
        ("to_file", SourceNotAllowed, "file:///etc/passwd' is not allowed"),
        ("to_metadata", SourceNotAllowed, "169.254.169.254"),
    ],
)
def test_says_why_a_page_is_not_taken(
    site: str, tmp_path: Path, page: str, fault: type[Exception], says: str
) -> None:
    with pytest.raises(fault, match=says):
        web.fetch(f"{site}/{page}", tmp_path / "page", LIMIT)


@pytest.mark.parametrize("page", ["data", "unannounced"])
def test_takes_no_more_than_allowed(site: str, tmp_path: Path, page: str) -> None:
    with pytest.raises(SourceTooLarge, match="5999"):
        web.fetch(f"{site}/{page}", tmp_path / "page", len(CONTENT) - 1)

    assert not (tmp_path / "page").exists() or (tmp_path / "page").stat().st_size < len(CONTENT)


def test_texts_leave_out_what_signs_a_uri(site: str, tmp_path: Path) -> None:
    with pytest.raises(SourceMissing) as fault:
        web.fetch(f"{site}/missing?X-Amz-Signature=secret", tmp_path / "page", LIMIT)

    assert "secret" not in str(fault.value)


def test_a_port_without_a_server_is_a_source_that_may_come_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(web, "is_public", lambda _: True)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(SourceUnavailable, match="can't be read"):
        web.fetch(f"https://127.0.0.1:{port}/", tmp_path / "page", LIMIT)


@pytest.mark.parametrize(
    "uri", ["http://example.com/a", "ftp://example.com/a", "https://u:p@example.com/a", "https:///a"]
)
def test_only_plain_https_is_fetched(tmp_path: Path, uri: str) -> None:
    with pytest.raises(SourceNotAllowed, match="https://"):
        web.fetch(uri, tmp_path / "page", LIMIT)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_addresses_inside_of_a_network_are_not_public(address: str) -> None:
    assert not web.is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "52.216.1.1", "2600:1f18::1", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert web.is_public(address)


def test_one_private_address_among_a_hosts_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolved(_: str, port: int, **__: Any) -> list[tuple[Any, ...]]:
        return [(0, 0, 0, "", ("1.1.1.1", port)), (0, 0, 0, "", ("10.0.0.1", port))]

    monkeypatch.setattr("ingest.web.socket.getaddrinfo", resolved)

    with pytest.raises(SourceNotAllowed, match=r"rebound\.example has the address 10\.0\.0\.1"):
        web.public_addresses("rebound.example", 443)


def test_a_host_nobody_knows_is_a_source_that_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr("ingest.web.socket.getaddrinfo", unknown)

    with pytest.raises(SourceUnavailable, match=r"nowhere\.example can't be resolved"):
        web.public_addresses("nowhere.example", 443)
