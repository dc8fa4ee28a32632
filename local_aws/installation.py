"""Everything that is added to the emulator before it serves."""

from pathlib import Path

from local_aws import (
    audit,
    auto_scaling,
    cloudwatch,
    credentials,
    enforcement,
    grants,
    hooks,
    overlays,
    sagemaker,
    server,
)


def install(state: Path, seconds_of_a_minute: float) -> None:
    """Check that ministack has every name relied on, then install enforcement, overlays and services.

    A minute of CloudWatch's alarms lasts `seconds_of_a_minute`. Raises hooks.HooksMissing.
    """
    needed = (enforcement, grants, credentials, server)
    hooks.check([name for module in needed for name in module.HOOKS] + list(overlays.hooks()))
    enforcement.install(state / "access.jsonl")
    overlays.install()
    grants.install(state)
    sagemaker.install()
    auto_scaling.install()
    audit.install()
    cloudwatch.install(seconds_of_a_minute)
