"""The errors by which an algorithm tells whose fault it was, as SageMaker's built-in algorithms do."""


class ClientError(Exception):
    """What the user gave is at fault (hyperparameters, data); reported as `ClientError: <text>`."""


class RequestError(Exception):
    """An invocation can't be answered; `status` is the HTTP status the container gives it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
