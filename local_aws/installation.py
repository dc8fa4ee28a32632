"""Everything that is added to the emulator before it serves."""

from pathlib import Path

from local_aws import (
    audit,
    auto_scaling,
    credentials,
    enforcement,
    grants,
    hooks,
    overlays,
    sagemaker,
    server,
)


def install(state: Path) -> None:
    """Check that ministack has every name relied on, then install enforcement, overlays, SageMaker and audit.

    Raises hooks.HooksMissing.
    """
    needed = (enforcement, grants, credentials, server)
    hooks.check([name for module in needed for name in module.HOOKS] + list(overlays.hooks()))
    enforcement.install(state / "access.jsonl")
    overlays.install()
    grants.install(state)
    sagemaker.install()
    auto_scaling.install()
    audit.install()
