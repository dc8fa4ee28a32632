"""The plain HTTP endpoint counts as TLS, unless a request says otherwise.

Without it, every bucket policy that denies requests with `aws:SecureTransport` false (CDK's `enforce_ssl`,
and the staging bucket that `cdk bootstrap` makes) denies every request, since the local endpoint speaks no
TLS. A request with the header `X-Forwarded-Proto: http`, by which a proxy tells that its client came without
TLS, is taken for plain HTTP: so what policies do about it can be tried.
"""

from typing import Any

from ministack import app
from ministack.core import iam_evaluator

HOOKS = (
    "ministack.app:pin_request_origin",
    "ministack.app:pin_signed_request",
    "ministack.core.iam_evaluator:_request_origin",
)


def install() -> None:
    """Put this overlay in place."""
    pin_origin, pin_signed = app.pin_request_origin, app.pin_signed_request

    def pin_request_origin(source_ip: str, _secure_transport: bool) -> None:
        pin_origin(source_ip, True)

    # Called for every request soon after its origin is known, with all of its headers.
    def pin_signed_request(
        method: str,
        raw_path: str,
        query_params: dict[str, Any],
        raw_headers: list[tuple[bytes, bytes]],
        *more: Any,
    ) -> None:
        if (b"x-forwarded-proto", b"http") in [(name.lower(), value.lower()) for name, value in raw_headers]:
            pin_origin(iam_evaluator._request_origin.get()[0], False)
        pin_signed(method, raw_path, query_params, raw_headers, *more)

    app.pin_request_origin = pin_request_origin
    app.pin_signed_request = pin_signed_request
    # Work that no request started (schedules, retries) is the emulator's own, and as secure.
    iam_evaluator._request_origin.set(("127.0.0.1", True))
