"""The names that the platform gives in SageMaker, and the room they need."""

from settings.errors import not_allowed
from settings.schema import Finding
from settings.workload import Workload

_LONGEST_NAME = 63
_LONGEST_TUNING_JOB_NAME = 32
_RUN = "0" * 12
_LONGEST_JOB_SUFFIX = "transform"


def findings(workload: Workload, prefix: str) -> list[Finding]:
    """Say which names made of the workload's would be too long for SageMaker."""
    names = [
        ("jobs", f"{workload.slug}-{_RUN}-{_LONGEST_JOB_SUFFIX}", _LONGEST_NAME),
        ("deployed models", f"{prefix}-{workload.slug}-{_RUN}", _LONGEST_NAME),
    ]
    if workload.tuning:
        names.append(("tuning jobs", f"{workload.slug}-{_RUN}", _LONGEST_TUNING_JOB_NAME))
    return [
        Finding(("name",), not_allowed(workload.name, _room(kind, name, longest)))
        for kind, name, longest in names
        if len(name) > longest
    ]


def _room(kind: str, name: str, longest: int) -> str:
    return (
        f"its {kind} would be named like {name}, which is {len(name) - longest} characters longer than "
        f"the {longest} that SageMaker allows"
    )
