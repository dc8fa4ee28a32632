"""AWS Lambda entry point: is the endpoint in service?

Environment: ENDPOINT_NAME. Everybody may ask, so an answer is kept for a few seconds: DescribeEndpoint's rate
is limited for the whole account.
"""

import logging
import os
import time
from typing import Any

from http_api.answers import failure, internal_error, success
from http_api.clients import make_client
from http_api.faults import EndpointUnavailable

from .endpoint import Condition, condition

ENDPOINT_NAME = os.environ["ENDPOINT_NAME"]
KEPT_SECONDS = 5
RETRY_AFTER_SECONDS = 30

logger = logging.getLogger()
client = make_client("sagemaker", connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


class Kept:
    """The last condition that was asked for, and when."""

    def __init__(self) -> None:
        self._condition: Condition | None = None
        self._until = 0.0

    def current(self) -> Condition:
        """The endpoint's condition, at most `KEPT_SECONDS` old; raises botocore's `ClientError`."""
        if self._condition is None or time.monotonic() > self._until:
            self._condition = condition(client, ENDPOINT_NAME)
            self._until = time.monotonic() + KEPT_SECONDS
        return self._condition


kept = Kept()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway request: 200 if the endpoint takes requests, 503 if not; never raises."""
    try:
        found = kept.current()
    except Exception:
        logger.exception("The endpoint can't be described")
        request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
        return internal_error(request_id)
    if found.takes_requests:
        return success({"status": found.status})
    message = f"The endpoint takes no requests: it is {found.status}."
    return failure(EndpointUnavailable(message, retry_after_seconds=RETRY_AFTER_SECONDS))
