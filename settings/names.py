"""The names that the platform gives in SageMaker, and the room that they have."""

_LONGEST_NAME = 63
_LONGEST_TUNING_JOB_NAME = 32
_RUN = "0" * 12
_LONGEST_JOB_SUFFIX = "transform"


def problems(slug: str, prefix: str, *, tuned: bool) -> list[str]:
    """Say which names made of a workload's and an environment's would be too long for SageMaker."""
    names = [("jobs", f"{prefix}-{slug}-{_RUN}-{_LONGEST_JOB_SUFFIX}", _LONGEST_NAME)]
    if tuned:
        names.append(("tuning jobs", f"{slug}-{_RUN}", _LONGEST_TUNING_JOB_NAME))
    return [
        f"its {kind} would be named like {name}, {len(name) - longest} characters longer than "
        f"the {longest} that SageMaker allows"
        for kind, name, longest in names
        if len(name) > longest
    ]
