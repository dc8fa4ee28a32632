"""The ARN by which a policy names a log group, which ends in `:*`; without this overlay such a policy grants
nothing on the log group itself. AWS holds it against `log-group:<name>:log-stream:`, and what acts on one
stream against `log-group:<name>:log-stream:<stream>`.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

import json
import re
from collections.abc import Callable

from ministack.core import iam_actions

HOOKS = ("ministack.core.iam_actions:extract_resource_arn",)

_TAGGING = {"TagResource", "UntagResource", "ListTagsForResource"}
_ON_A_STREAM = {"DeleteLogStream", "GetLogEvents", "PutLogEvents"}
_LOG_GROUP = re.compile(r"arn:[^:]+:logs:[^:]*:[^:]*:log-group:[^:]+")


def install() -> None:
    """Put this overlay in place."""
    original: Callable[..., str] = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: object
    ) -> str:
        arn = original(service, method, path, headers, body, *rest)
        operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        if service == "logs" and operation not in _TAGGING and _LOG_GROUP.fullmatch(arn):
            return f"{arn}:log-stream:{_stream(body) if operation in _ON_A_STREAM else ''}"
        return arn

    iam_actions.extract_resource_arn = extract_resource_arn


def _stream(body: bytes) -> str:
    """The stream that a request names, "" if none."""
    try:
        return str(json.loads(body)["logStreamName"])
    except (ValueError, KeyError, TypeError):
        return ""
