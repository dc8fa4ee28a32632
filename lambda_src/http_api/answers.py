"""API Gateway proxy answers: JSON, never cached, never a stack trace."""

import json
from collections.abc import Callable
from typing import Any

from .faults import ApiFault

INTERNAL_ERROR = "InternalError"
SUCCESS = "Success"


def answered(
    answer: Callable[[], dict[str, Any]], logger: Any, request_id: str
) -> tuple[str, dict[str, Any]]:
    """What `answer` gives, or the answer for what it raises; with the outcome's name, for metrics."""
    try:
        return SUCCESS, answer()
    except ApiFault as fault:
        logger.warning("Not answered", code=fault.code, status=fault.status, detail=fault.detail)
        return fault.code, failure(fault)
    except Exception:
        logger.exception("Not answered", code=INTERNAL_ERROR, status=500)
        return INTERNAL_ERROR, internal_error(request_id)


def success(document: object) -> dict[str, Any]:
    """The answer that was asked for."""
    return _answer(200, document)


def failure(fault: ApiFault) -> dict[str, Any]:
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
