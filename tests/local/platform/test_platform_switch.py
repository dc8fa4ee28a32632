"""An endpoint is switched off and on: what serves is kept, nothing else changes, and people are told."""

from __future__ import annotations

import pytest

from tests.local.platform.conftest import HappyRun, Register
from tests.local.platform.deployed import ENDPOINT, WORKLOAD, DeployedPlatform, Hosted


def test_off_keeps_what_served_and_on_brings_just_that_back(
    platform: DeployedPlatform, happy: HappyRun, served: Hosted, register: Register
) -> None:
    # When the endpoint is switched off
    off = platform.manage("endpoint", "off", WORKLOAD)
    # Then it is gone, its configuration and model are not, and how to bring it back is said
    assert off.returncode == 0, off.stderr
    assert f"{ENDPOINT} is off and costs nothing. `./manage.py endpoint on {WORKLOAD}`" in off.stdout
    hosted = platform.hosted()
    assert (hosted.endpoint, hosted.configs, hosted.models) == (None, served.configs, served.models)
    # And that it doesn't scale is no failure
    assert "~ mysfit_recommender endpoint off · StopScalingForGood" in off.stderr
    assert "✗" not in off.stderr
    # And the API says that there is nothing to ask, as does the status
    answer = platform.ask()
    assert (answer.status, answer.json()["error"]["code"]) == (503, "EndpointUnavailable")
    (status,) = platform.manage_json("status")["workloads"]
    assert (status["endpoint"]["status"], status["endpoint"]["serves"]) == ("SwitchedOff", happy.package)
    # And an approval deploys nothing, and leaves nothing
    assert platform.approve(register()).output["outcome"] == "SwitchedOff"
    assert platform.hosted().models == served.models
    # And off again is no failure
    assert platform.switch("off").output["outcome"] == "SwitchedOff"
    # When it is switched on
    on = platform.manage("endpoint", "on", WORKLOAD)
    # Then all is as it was, and the version that was approved meanwhile is named
    assert on.returncode == 0, on.stderr
    assert "was approved meanwhile" in on.stdout
    hosted = platform.hosted()
    assert (hosted.endpoint, hosted.configs, hosted.models) == (
        served.endpoint,
        served.configs,
        served.models,
    )
    assert hosted.package == happy.package
    assert platform.ask().status == 200
    assert platform.switch("on").output["outcome"] == "On"


@pytest.mark.usefixtures("served")
def test_what_is_no_switch_or_not_there_to_be_switched_is_refused(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    wrong = platform.switch("up")
    assert (wrong.status, wrong.error) == ("FAILED", "InvalidExecutionInput")
    platform.remove_endpoint()
    nothing = platform.switch("off")
    assert (nothing.status, nothing.error) == ("FAILED", "ServesNothing")
    assert "the endpoint is Absent" in nothing.cause
    assert platform.deploy_package(happy.package).output["outcome"] == "Deployed"
