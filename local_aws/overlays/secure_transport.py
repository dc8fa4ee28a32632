"""The plain HTTP endpoint counts as TLS.

Without it, every bucket policy that denies requests with `aws:SecureTransport` false (CDK's `enforce_ssl`,
and the staging bucket that `cdk bootstrap` makes) denies every request, since the local endpoint speaks no
TLS.
"""

from ministack import app
from ministack.core import iam_evaluator

HOOKS = (
    "ministack.app:pin_request_origin",
    "ministack.core.iam_evaluator:_request_origin",
)


def install() -> None:
    """Put this overlay in place."""
    original = app.pin_request_origin

    def pin_request_origin(source_ip: str, _secure_transport: bool) -> None:
        original(source_ip, True)

    app.pin_request_origin = pin_request_origin
    # Work that no request started (schedules, retries) is the emulator's own, and as secure.
    iam_evaluator._request_origin.set(("127.0.0.1", True))
