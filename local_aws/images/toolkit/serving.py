"""The serving contract: `GET /ping` and `POST /invocations` on $SAGEMAKER_BIND_TO_PORT, 8080 without it.

A small HTTP/1.1 server, a thread a connection, made for one client that keeps its connections: SageMaker.
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import json
import os
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from local_aws.images.toolkit.errors import RequestError
from local_aws.images.toolkit.training import BASE_VARIABLE

PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"

_REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    406: "Not Acceptable",
    411: "Length Required",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
}


@dataclass(frozen=True)
class Request:
    """One request: header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """What the body is, with its parameters."""
        return self.headers.get("content-type", "")

    @property
    def accept(self) -> str:
        """What the caller wants back, with its parameters; empty if he doesn't say."""
        return self.headers.get("accept", "")


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"


class Model(Protocol):
    """What an image serves."""

    def invoke(self, request: Request) -> Response:
        """Answer one invocation; raises RequestError for what can't be answered."""


def model_folder() -> Path:
    """Where model.tar.gz was unpacked."""
    return Path(os.environ.get(BASE_VARIABLE, "/opt/ml")) / "model"


def serve(model: Model) -> None:
    """Answer requests until the process is ended."""
    listener = socket.create_server(("127.0.0.1", int(os.environ.get(PORT_VARIABLE, "8080"))), backlog=128)
    sys.stdout.write(f"Serving on port {listener.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(model, connection), daemon=True).start()


def media_type(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters: `text/csv; label_size=0` is ("text/csv", {"label_size": "0"})."""
    kind, *parameters = (part.strip() for part in value.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return kind.lower(), {name.strip().lower(): text.strip() for name, _, text in pairs}


def _converse(model: Model, connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as stream:
        try:
            while (request := _read(stream)) is not None:
                connection.sendall(_encode(_answer(model, request)))
        except (ConnectionError, ValueError):
            return


def _read(stream: BinaryIO) -> Request | None:
    line = stream.readline(65536)
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := stream.readline(65536)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(method, path, headers, stream.read(int(headers.get("content-length", 0))))


def _answer(model: Model, request: Request) -> Response:
    if request.method == "GET" and request.path == "/ping":
        return Response(200)
    if request.method == "GET" and request.path == "/execution-parameters":
        parameters = {"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
        return Response(200, json.dumps(parameters).encode(), "application/json")
    if request.method != "POST" or request.path != "/invocations":
        return Response(404)
    try:
        return model.invoke(request)
    except RequestError as error:
        sys.stderr.write(f"[WARN] {error.status}: {error.message}\n")
        return Response(error.status, error.message.encode())
    except Exception as error:  # noqa: BLE001 - a fault of the algorithm is an answer of 500, not the server's end
        traceback.print_exc()
        return Response(500, f"{type(error).__name__}: {error}".encode())


def _encode(response: Response) -> bytes:
    reason = _REASONS.get(response.status, "Unknown")
    head = (
        f"HTTP/1.1 {response.status} {reason}\r\n"
        f"Content-Type: {response.content_type}\r\n"
        f"Content-Length: {len(response.body)}\r\n\r\n"
    )
    return head.encode("latin-1") + response.body
