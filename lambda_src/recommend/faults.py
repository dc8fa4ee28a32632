"""Why a recommendation can't be given: each fault is one HTTP answer."""

from typing import ClassVar


class RecommendationFault(Exception):
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


class InvalidRequest(RecommendationFault):
    """The body isn't what the API takes."""

    status = 400


class RequestTooLarge(RecommendationFault):
    """The body is longer than any valid one."""

    status = 413


class UnsupportedMediaType(RecommendationFault):
    """The request says that its body isn't JSON in UTF-8."""

    status = 415


class ModelFailed(RecommendationFault):
    """The model's container refused the request or broke."""

    status = 502


class UnreadablePrediction(RecommendationFault):
    """The endpoint answered something that isn't one prediction."""

    status = 502


class UnknownLabel(RecommendationFault):
    """The model predicts a label that the catalogue doesn't hold."""

    status = 502


class EndpointUnavailable(RecommendationFault):
    """The endpoint is missing, not ready yet, or has too much to do: trying again later may help."""

    status = 503


class EndpointTimeout(RecommendationFault):
    """The endpoint didn't answer in time."""

    status = 504
