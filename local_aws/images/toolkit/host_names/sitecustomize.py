"""Makes the names of a job's hosts, algo-1, algo-2, …, this machine's, for the Python that finds this module.

SageMaker writes them to /etc/hosts; here all hosts are processes of one machine. Python imports
`sitecustomize` at its start. What resolves names outside of Python's `socket` doesn't know them.
"""

import re
import socket
from collections.abc import Callable
from typing import Any

_HOST = re.compile(r"algo-\d+")
_LOOPBACK = "127.0.0.1"


def _known(host: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return _LOOPBACK if isinstance(name, str) and _HOST.fullmatch(name) else host


def _by_name(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(host: Any, *rest: Any, **options: Any) -> Any:
        return original(_known(host), *rest, **options)

    return resolve


def _by_address(original: Callable[..., Any]) -> Callable[..., Any]:
    def use(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address:
            address = (_known(address[0]), *address[1:])
        return original(self, address)

    return use


for _function in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, _function, _by_name(getattr(socket, _function)))
for _method in ("bind", "connect", "connect_ex"):
    setattr(socket.socket, _method, _by_address(getattr(socket.socket, _method)))
