"""Everything that is added to the emulator before it serves."""

import importlib.util
from pathlib import Path

from local_aws import credentials, enforcement, hooks, overlays, server


def install(state: Path) -> None:
    """Check that ministack has every name relied on, then install enforcement, overlays and SageMaker."""
    hooks.check([*enforcement.HOOKS, *credentials.HOOKS, *server.HOOKS, *overlays.hooks()])
    enforcement.install(state / "access.jsonl")
    overlays.install()
    if importlib.util.find_spec("local_aws.sagemaker") is not None:
        from local_aws import sagemaker  # noqa: PLC0415

        if hasattr(sagemaker, "install"):
            sagemaker.install()
