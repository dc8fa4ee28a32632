"""Fetches https:// sources from public addresses only.

A source's URI comes from whoever may start an execution, so it must not lead into the network that this
function runs in: each host's addresses are checked, also after a redirect, and the connection goes to the
very address that was checked.
"""

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from http.client import HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from .download import Download, save
from .faults import SourceMissing, SourceNotAllowed, SourceUnavailable

TIMEOUT_SECONDS = 30
"""For connecting and for each wait for more bytes."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def fetch(uri: str, path: Path, max_bytes: int) -> Download:
    """Download a page to a file.

    Raises `SourceNotAllowed`, `SourceMissing`, `SourceUnavailable` or `SourceTooLarge`.
    """
    what = without_secrets(uri)
    _require_https(uri)
    request = Request(uri)  # noqa: S310 - the scheme has just been checked
    try:
        with _opener().open(request, timeout=TIMEOUT_SECONDS) as response:
            return save(
                response.read,
                path,
                max_bytes=max_bytes,
                announced_bytes=_announced(response.headers),
                what=what,
            )
    except HTTPError as error:
        if error.code in (404, 410):
            raise SourceMissing(f"{what} doesn't exist (HTTP {error.code})") from error
        if 300 <= error.code < 400:
            raise SourceNotAllowed(f"{what} redirects where isn't followed: {error.reason}") from error
        raise SourceUnavailable(f"{what} answered HTTP {error.code} {error.reason}") from error
    except (URLError, HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
        raise SourceUnavailable(f"{what} can't be read: {error}") from error


def without_secrets(uri: str) -> str:
    """The URI as texts may show it: a signed one carries its signature in the query."""
    return urlsplit(uri)._replace(query="", fragment="").geturl()


def public_addresses(host: str, port: int) -> list[str]:
    """Resolve a host; raises `SourceNotAllowed` when any of its addresses isn't public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceUnavailable(f"the host {host} can't be resolved: {error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not is_public(address):
            raise SourceNotAllowed(
                f"the host {host} has the address {address}; only public ones are fetched from"
            )
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, also when it hides in an IPv6 form of IPv4."""
    plain = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    return plain.is_global and not plain.is_multicast


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _require_https(uri: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise SourceNotAllowed(f"{without_secrets(uri)} isn't an https:// URI without user and password")


def _announced(headers: HTTPMessage) -> int | None:
    length = headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


class HttpsOnlyRedirects(HTTPRedirectHandler):
    """Follows redirects to https:// only."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Refuse a redirect that leaves https; raises `SourceNotAllowed`."""
        _require_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _PublicConnection(HTTPSConnection):
    """A TLS connection to an address that was seen to be public."""

    def connect(self) -> None:
        plain = _connected(public_addresses(self.host, self.port), self.port)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def _connected(addresses: Sequence[str], port: int) -> socket.socket:
    """Connect to the first address that answers."""
    *others, last = addresses
    for address in others:
        try:
            return socket.create_connection((address, port), TIMEOUT_SECONDS)
        except OSError:
            continue
    return socket.create_connection((last, port), TIMEOUT_SECONDS)


class _PublicHttps(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_PublicConnection, req)


def _opener() -> OpenerDirector:
    """An opener that uses no proxy: a proxy would resolve the host itself."""
    return build_opener(ProxyHandler({}), HttpsOnlyRedirects(), _PublicHttps())
