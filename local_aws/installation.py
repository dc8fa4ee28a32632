"""Everything that is added to the emulator before it serves."""

from pathlib import Path

from local_aws import credentials, enforcement, hooks, overlays, sagemaker, server


def install(state: Path) -> None:
    """Check that ministack has every name relied on, then install enforcement, overlays and SageMaker.

    Raises hooks.HooksMissing.
    """
    hooks.check([*enforcement.HOOKS, *credentials.HOOKS, *server.HOOKS, *overlays.hooks()])
    enforcement.install(state / "access.jsonl")
    overlays.install()
    sagemaker.install()
