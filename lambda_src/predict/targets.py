"""What the function may ask: the workloads that the settings name."""

import json
from collections.abc import Mapping
from typing import NamedTuple


class Target(NamedTuple):
    """A workload's endpoint, and the media types that its model takes and answers with."""

    endpoint_name: str
    endpoint_arn: str
    content_type: str
    accept: str


def targets(text: str) -> Mapping[str, Target]:
    """The targets by workload, of a JSON object with an object for each."""
    return {workload: Target(**target) for workload, target in json.loads(text).items()}
