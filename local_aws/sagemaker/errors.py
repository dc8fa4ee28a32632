"""The errors SageMaker answers with."""


class ServiceError(Exception):
    """An API error: AWS's error code, its text, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **members: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def validation_error(message: str) -> ServiceError:
    """The request itself is wrong."""
    return ServiceError("ValidationException", message)


def resource_in_use(message: str) -> ServiceError:
    """The name is taken, or something still uses the resource."""
    return ServiceError("ResourceInUse", message)


def resource_not_found(message: str) -> ServiceError:
    """The resource isn't there."""
    return ServiceError("ResourceNotFound", message)


def conflict(message: str) -> ServiceError:
    """The resource is in a state that does not allow the operation."""
    return ServiceError("ConflictException", message)
