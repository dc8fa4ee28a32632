"""API Gateway proxy answers: JSON, never cached, never a stack trace."""

import json
from typing import Any

from .faults import RecommendationFault

INTERNAL_ERROR = "InternalError"


def recommendation(mysfit_id: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer that was asked for, with how it came about if that was asked for, too."""
    body: dict[str, Any] = {"recommendedMysfit": mysfit_id}
    if details is not None:
        body["details"] = details
    return _answer(200, body)


def failure(fault: RecommendationFault) -> dict[str, Any]:
    """The answer for a known fault; says when to try again where that helps."""
    headers = {} if fault.retry_after_seconds is None else {"Retry-After": str(fault.retry_after_seconds)}
    return _error(fault.status, fault.code, fault.message, headers)


def internal_error(request_id: str) -> dict[str, Any]:
    """The answer for a fault of ours: the id under which the log tells more."""
    return _error(500, INTERNAL_ERROR, f"Something went wrong on our side. Request id: {request_id}.", {})


def _error(status: int, code: str, message: str, headers: dict[str, str]) -> dict[str, Any]:
    return _answer(status, {"error": {"code": code, "message": message}}, headers)


def _answer(status: int, body: object, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})},
        "body": json.dumps(body),
    }
