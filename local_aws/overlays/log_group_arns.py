"""The ARN by which a policy names a log group, which ends in `:*`; without this overlay such a policy grants
nothing on the log group itself. AWS holds it against `log-group:<name>:log-stream:`.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""

import re
from collections.abc import Callable

from ministack.core import iam_actions

HOOKS = ("ministack.core.iam_actions:extract_resource_arn",)

_TAGGING = {"TagResource", "UntagResource", "ListTagsForResource"}
_LOG_GROUP = re.compile(r"arn:[^:]+:logs:[^:]*:[^:]*:log-group:[^:]+")


def install() -> None:
    """Put this overlay in place."""
    original: Callable[..., str] = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str, method: str, path: str, headers: dict[str, str], *rest: object
    ) -> str:
        arn = original(service, method, path, headers, *rest)
        operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        if service == "logs" and operation not in _TAGGING and _LOG_GROUP.fullmatch(arn):
            return f"{arn}:log-stream:"
        return arn

    iam_actions.extract_resource_arn = extract_resource_arn
