"""Everything that is added to the emulator before it serves."""

from pathlib import Path

from local_aws import audit, credentials, enforcement, hooks, overlays, sagemaker, server


def install(state: Path) -> None:
    """Check that ministack has every name relied on, then install enforcement, overlays, SageMaker and audit.

    Raises hooks.HooksMissing.
    """
    hooks.check([*enforcement.HOOKS, *credentials.HOOKS, *server.HOOKS, *overlays.hooks()])
    enforcement.install(state / "access.jsonl")
    overlays.install()
    sagemaker.install()
    audit.install()
