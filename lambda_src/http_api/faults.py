"""Why a request can't be answered: each fault is one HTTP answer."""

from typing import ClassVar


class ApiFault(Exception):
    """A fault that has an answer of its own.

    `message` goes to the caller. `detail` goes to the log, so it never holds what the caller sent.
    """

    status: ClassVar[int]

    def __init__(self, message: str, *, detail: str = "", retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds

    @property
    def code(self) -> str:
        """The name that callers, logs and metrics know the fault by."""
        return type(self).__name__


class InvalidRequest(ApiFault):
    """The body isn't what the API takes."""

    status = 400


class RequestTooLarge(ApiFault):
    """The body is longer than any valid one."""

    status = 413


class UnsupportedMediaType(ApiFault):
    """The request says that its body isn't JSON in UTF-8."""

    status = 415


class ModelFailed(ApiFault):
    """The model's container refused the request or broke."""

    status = 502


class UnreadablePrediction(ApiFault):
    """The endpoint answered something that isn't one prediction."""

    status = 502


class EndpointUnavailable(ApiFault):
    """The endpoint is missing, not ready yet, or has too much to do: trying again later may help."""

    status = 503


class EndpointTimeout(ApiFault):
    """The endpoint didn't answer in time."""

    status = 504
