"""What breaks while clients ask: how many requests fail, with what status, and that all goes on after it."""

from __future__ import annotations

import io
import os
import signal
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from benchmarks.load import Load, Question, drive, throttled
from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import ENDPOINT, DeployedPlatform
from tests.local.platform.test_platform_load import AT_ONCE, api_url
from tests.local.running import processes

REQUESTS, SECONDS = 100_000, 120.0
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
GARBAGE = "def model_fn(folder): pass\ndef transform_fn(model, body, kind, accept): return 'garbage'\n"
SLOW = (
    "import time\ndef model_fn(folder): pass\ndef transform_fn(model, body, kind, accept): time.sleep(60)\n"
)

pytestmark = pytest.mark.usefixtures("served")


class Traffic:
    """Clients that ask one after the other until they are told to stop."""

    def __init__(self, url: str) -> None:
        self.load = Load()
        self._url = url
        self._stopped = threading.Event()

    def drive(self) -> None:
        """Ask in short rounds, until told to stop."""
        while not self._stopped.is_set():
            load = drive(Question(self._url), AT_ONCE, 10, SECONDS)
            for status, taken in load.milliseconds.items():
                self.load.milliseconds.setdefault(status, []).extend(taken)

    def stop(self) -> None:
        """Let the round under way end."""
        self._stopped.set()

    def until_answered(self, more: int = 20) -> None:
        """Wait until so many more requests are answered well."""
        enough = self.load.statuses[200] + more
        DeployedPlatform.until(lambda: self.load.statuses[200] >= enough, f"no answers: {self.load.statuses}")


@contextmanager
def traffic(platform: DeployedPlatform) -> Iterator[Traffic]:
    """Clients ask the API all the while, and are answered before and after what is done in between."""
    driven = Traffic(f"{api_url(platform)}/recommendations")
    unthrottled = throttled(platform.client("apigateway"), api_url(platform), rate=10_000, burst=5_000)
    with unthrottled, ThreadPoolExecutor() as pool:
        driving = pool.submit(driven.drive)
        try:
            driven.until_answered()
            yield driven
            driven.until_answered()
        finally:
            driven.stop()
            driving.result()


def kill(platform: DeployedPlatform, of: str) -> int:
    """Kill every process of the local AWS whose command holds a text; gives how many there were."""
    found = processes(platform.aws, of)
    for process in found:
        os.kill(process, signal.SIGKILL)
    return len(found)


@pytest.fixture
def serve_script(platform: DeployedPlatform) -> Iterator[Callable[[str], None]]:
    """Have the endpoint serve a script in place of its model, until the test is over."""
    sagemaker, bucket = platform.client("sagemaker"), platform.outputs["ArtifactsBucketName"]
    config = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    role = sagemaker.describe_model(ModelName=variant["ModelName"])["ExecutionRoleArn"]
    made: list[str] = []

    def serve(source: str) -> None:
        name = f"{ENDPOINT}-{uuid.uuid4().hex[:12]}"
        key = f"runs/mysfit_recommender/{name}/model.tar.gz"
        platform.client("s3").put_object(Bucket=bucket, Key=key, Body=archive("code/inference.py", source))
        container = {
            "Image": XGBOOST,
            "ModelDataUrl": f"s3://{bucket}/{key}",
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            },
        }
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**variant, "ModelName": name}]
        )
        made.append(name)
        update(name)

    def update(name: str) -> None:
        sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name)
        platform.until(
            lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "InService",
            "the endpoint is still being updated",
        )

    yield serve
    update(config)
    for name in made:
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        sagemaker.delete_model(ModelName=name)


def archive(name: str, source: str) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as made:
        member = tarfile.TarInfo(name)
        member.size = len(source.encode())
        made.addfile(member, io.BytesIO(source.encode()))
    return written.getvalue()


def test_an_update_of_the_endpoint_fails_no_request(platform: DeployedPlatform, happy: HappyRun) -> None:
    with traffic(platform) as driven:
        # When the model is deployed anew while clients ask
        deployment = platform.deploy_package(happy.package)
    # Then it is, and nobody has noticed
    assert deployment.status == "SUCCEEDED", deployment
    assert driven.load.statuses.keys() == {200}


def test_a_killed_model_server_is_unavailable_until_it_is_back(platform: DeployedPlatform) -> None:
    with traffic(platform) as driven:
        # When the model's server dies while clients ask
        assert kill(platform, ".serve") >= 1
        platform.until(lambda: driven.load.statuses[503], "nobody has noticed")
    # Then they are told to come again, and are answered again
    assert driven.load.statuses.keys() == {200, 503}


def test_a_killed_function_fails_the_requests_it_had(platform: DeployedPlatform) -> None:
    with traffic(platform) as driven:
        # When the functions' processes die while clients ask
        assert kill(platform, "functions/bootstrap.py") >= 1
        time.sleep(0.5)
    # Then no more fail than were being answered, as a fault of the server
    assert driven.load.statuses.keys() <= {200, 502}
    assert driven.load.statuses[502] <= AT_ONCE


def test_a_model_that_answers_garbage_is_a_bad_gateway(
    platform: DeployedPlatform, serve_script: Callable[[str], None]
) -> None:
    # Given a model that answers what is no prediction
    serve_script(GARBAGE)
    # When clients ask
    load = drive(Question(f"{api_url(platform)}/recommendations"), AT_ONCE, 20, SECONDS)
    # Then each is told that it isn't the request's fault, in the API's form
    assert load.statuses == {502: 20}
    assert platform.ask().json()["error"]["code"] == "UnreadablePrediction"


def test_a_slow_model_is_given_up_before_the_gateway_gives_up(
    platform: DeployedPlatform, serve_script: Callable[[str], None]
) -> None:
    # Given a model that takes a minute
    serve_script(SLOW)
    # When clients ask
    load = drive(Question(f"{api_url(platform)}/recommendations"), AT_ONCE, AT_ONCE, SECONDS)
    # Then the function says so, within the gateway's 29 seconds
    assert load.statuses == {504: AT_ONCE}
    assert max(load.of(504).values) < 29_000
