"""An address on this machine for each CloudFront distribution.

A distribution is found by its host name, d111111abcdef8.cloudfront.net, which no browser here can resolve. So
each gets a port of its own, with the distribution at its root, as at its domain:
`GET /_aws/cloudfront/<domain name>` opens it and answers `{"url": "http://127.0.0.1:<port>/"}`. The port
stays the same over restarts while nobody else takes it.
"""

import asyncio
import json
import socket
from typing import Any

from ministack import app
from ministack.services import cloudfront

from local_aws import cloudformation, environment
from local_aws.cloudformation import Properties
from local_aws.server import Server, configure

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.app:app",
    "ministack.app:_handle_cloudfront_dataplane_request",
    "ministack.services.cloudfront:_distributions",
    "ministack.services.cloudfront:_get_distribution_aliases",
)

_PREFIX = "/_aws/cloudfront/"
_PORT = "LocalPort"


class Address:
    """A port that serves one distribution until it is closed. Make it in the server's event loop."""

    def __init__(self, distribution: dict[str, Any]) -> None:
        self._host = distribution["DomainName"].encode()
        listener = _listener(distribution.get(_PORT, 0))
        self.port = distribution[_PORT] = listener.getsockname()[1]
        # The emulator was started and will be stopped with its own address.
        self._server = Server(configure(self._answer, lifespan=False))
        self._serving = asyncio.get_running_loop().create_task(self._server.serve([listener]))

    async def _answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """The emulator's own answer, asked under the distribution's host name."""
        headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
        await app.app({**scope, "headers": [*headers, (b"host", self._host)]}, receive, send)

    def close(self) -> None:
        """Stop serving; from any thread."""
        self._server.should_exit = True


_addresses: dict[str, Address] = {}


def install() -> None:
    """Put this overlay in place."""
    original = app._handle_cloudfront_dataplane_request

    async def handle(host: str, path: str, *request: Any) -> Any:
        if path.startswith(_PREFIX):
            return _answer(path.removeprefix(_PREFIX).strip("/"))
        return await original(host, path, *request)

    app._handle_cloudfront_dataplane_request = handle
    cloudformation.before_delete("AWS::CloudFront::Distribution", _close)


def _answer(domain_name: str) -> tuple[int, dict[str, str], bytes]:
    json_type = {"Content-Type": "application/json"}
    for identifier, distribution in cloudfront._distributions.items():
        names = {distribution["DomainName"], *cloudfront._get_distribution_aliases(distribution)}
        if domain_name in names:
            if identifier not in _addresses:
                _addresses[identifier] = Address(distribution)
            url = f"http://{environment.HOST}:{_addresses[identifier].port}/"
            return 200, json_type, json.dumps({"url": url}).encode()
    message = f"There is no distribution with the domain name {domain_name}."
    return 404, json_type, json.dumps({"message": message}).encode()


def _close(physical_id: str, _properties: Properties) -> None:
    address = _addresses.pop(physical_id, None)
    if address is not None:
        address.close()


def _listener(port: int) -> socket.socket:
    try:
        return socket.create_server((environment.HOST, port))
    except OSError:
        return socket.create_server((environment.HOST, 0))
