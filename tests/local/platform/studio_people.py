"""Studio's people on the platform: who they are, and opening an app."""

from __future__ import annotations

import time

from tests.local.platform.deployed import DeployedPlatform

USER, SPACE = "data-scientist", "data-scientist-lab"
END_SECONDS = 180.0


def open_app(platform: DeployedPlatform) -> None:
    """Have an app run in the user's space."""
    sagemaker = platform.client("sagemaker")
    place = {"DomainId": platform.outputs["DomainId"], "SpaceName": SPACE, "AppType": "JupyterLab"}
    sagemaker.create_app(**place, AppName="default")
    deadline = time.monotonic() + END_SECONDS
    while sagemaker.describe_app(**place, AppName="default")["Status"] != "InService":
        assert time.monotonic() < deadline, place
        time.sleep(0.05)
