"""The API under load: past the throttle clients are refused by 429, and nothing else suffers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.load import Question, drive, throttled
from tests.local.platform.deployed import DeployedPlatform

CLIENTS, REQUESTS, SECONDS = 16, 100, 60.0
# The workload's endpoint takes five requests at once: so many clients, and a stage that lets fewer through.
AT_ONCE = 5
RATE, BURST = 0.5, 4


def api_url(platform: DeployedPlatform) -> str:
    host, _, stage = platform.outputs["ApiUrl"].removeprefix("https://").rstrip("/").partition("/")
    return f"{platform.aws.endpoint_url}/_aws/execute-api/{host.partition('.')[0]}/{stage}"


@pytest.mark.usefixtures("served")
def test_many_clients_at_once_are_all_answered(platform: DeployedPlatform) -> None:
    # Given as many as the endpoint takes, and a stage that takes more
    with throttled(platform.client("apigateway"), api_url(platform), rate=10_000, burst=5_000):
        # When
        load = drive(Question(f"{api_url(platform)}/recommendations"), AT_ONCE, REQUESTS, SECONDS)
    # Then
    assert load.statuses == {200: REQUESTS}


@pytest.mark.usefixtures("served")
def test_past_the_throttle_clients_get_429_and_nothing_else_suffers(platform: DeployedPlatform) -> None:
    # Given a stage that takes four requests to a method at once, and one more every two seconds
    with (
        throttled(platform.client("apigateway"), api_url(platform), rate=RATE, burst=BURST),
        ThreadPoolExecutor() as pool,
    ):
        # When far more come, and meanwhile others ask another method
        question = Question(f"{api_url(platform)}/recommendations")
        driving = pool.submit(drive, question, CLIENTS, REQUESTS, SECONDS)
        others = [platform.ask(method="GET", path="health", body=b"").status for _ in range(BURST)]
        load = driving.result()
    # Then as many are answered as the limits say, and the others are told why
    assert load.statuses.keys() == {200, 429}
    assert BURST <= load.statuses[200] <= BURST + RATE * load.seconds + 1
    assert load.statuses.total() == REQUESTS
    # and nobody else is held up
    assert set(others) == {200}
    platform.until(lambda: platform.ask().status == 200, "the throttle is still felt")
