"""Deleting one thing, and telling errors that another sweep gets over from those that it doesn't."""

import logging
from collections.abc import Callable

from botocore.exceptions import ClientError

PASSING = frozenset(
    {
        "ConflictException",
        "DependencyTimeout",
        "DependencyViolation",
        "FileSystemInUse",
        "FileSystemNotFound",
        "IncorrectFileSystemLifeCycleState",
        "InternalFailure",
        "InternalServerError",
        "InvalidGroup.NotFound",
        "InvalidPermission.NotFound",
        "MountTargetNotFound",
        "RequestLimitExceeded",
        "ResourceInUse",
        "ResourceNotFound",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "ValidationException",
    }
)
"""Errors that another sweep gets over: too many requests, what is still in use or being changed, and what has
gone since it was listed."""

logger = logging.getLogger(__name__)


def attempt(what: str, delete: Callable[..., object], **names: object) -> str:
    """Ask for the deletion of one thing; returns, in words, that it is going or must be tried again.

    Any error that time doesn't heal, such as a missing permission, is raised as botocore's `ClientError`.
    """
    try:
        delete(**names)
    except ClientError as error:
        return passing(error, what)
    logger.info("Deletion was asked for", extra={"deleted": what})
    return f"{what} is going"


def passing(error: ClientError, what: str) -> str:
    """In words, an error that another sweep gets over; raises any other again."""
    if error.response["Error"]["Code"] not in PASSING:
        raise error
    return f"{what}: {error}"
