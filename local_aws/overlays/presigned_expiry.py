"""A presigned address of Signature Version 2 that is too old is told as S3 tells it: AccessDenied.

ministack says that the signature doesn't match, which sends one looking for a wrong key. boto3 signs
addresses so in us-east-1 unless told otherwise.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
"""

from typing import Any

from ministack.core import iam_evaluator

HOOKS = (
    "ministack.core.iam_evaluator:_sigv2_check",
    "ministack.core.iam_evaluator:AuthError",
)

_EXPIRED = "Request has expired"


def install() -> None:
    """Put this overlay in place."""
    original = iam_evaluator._sigv2_check

    def sigv2_check(request: Any, account_id: str) -> Any:
        checked = original(request, account_id)
        if isinstance(checked, iam_evaluator.AuthError) and checked.message == _EXPIRED:
            return iam_evaluator.AuthError("RequestExpired", _EXPIRED)
        return checked

    iam_evaluator._sigv2_check = sigv2_check
