"""Deleting one thing, and telling errors that another sweep gets over from those that it doesn't."""

import logging
from collections.abc import Callable

from botocore.exceptions import ClientError

PASSING = frozenset(
    {
        "InternalFailure",
        "OperationAbortedException",
        "RequestLimitExceeded",
        "ResourceInUse",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "ValidationException",
    }
)
"""Errors that another sweep gets over. SageMaker's ValidationException is among them because it is also what
it answers when the thing has gone, or has become busy, since it was listed."""

logger = logging.getLogger(__name__)


def attempt(what: str, delete: Callable[..., object], **names: object) -> list[str]:
    """Delete one thing; returns what is left of it, in words, when that must be tried again."""
    try:
        delete(**names)
    except ClientError as error:
        return [passing(error, what)]
    logger.info("Deleted", extra={"deleted": what})
    return []


def passing(error: ClientError, what: str) -> str:
    """In words, an error that another sweep gets over; raises any other again."""
    if error.response["Error"]["Code"] not in PASSING:
        raise error
    return f"{what}: {error}"
