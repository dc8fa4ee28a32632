"""Nobody lists or makes an account's buckets without a signature.

ministack leaves unsigned requests to S3 to the policy of their bucket, so those that have none, ListBuckets
and CreateBucket, are answered as the account's root user's.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html
"""

from typing import Any

from ministack.core import iam_evaluator

HOOKS = (
    "ministack.core.iam_evaluator:enforce",
    "ministack.core.iam_evaluator:AuthError",
)

_OF_THE_ACCOUNT = {"s3:CreateBucket", "s3:ListAllMyBuckets"}


def install() -> None:
    """Put this overlay in place."""
    original = iam_evaluator.enforce

    def enforce(access_key_id: str, iam_action: str, *request: Any, **named: Any) -> Any:
        if not access_key_id and iam_action in _OF_THE_ACCOUNT:
            return iam_evaluator.AuthError("AccessDenied", "Access Denied")
        return original(access_key_id, iam_action, *request, **named)

    iam_evaluator.enforce = enforce
