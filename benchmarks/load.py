"""Many clients at once ask the local API: how long answers take, and what is refused past the throttle.

First 1, 16 and 64 clients with the stage's throttling out of the way, then 64 with the settings' own. The
endpoint takes as many at once as SageMaker allows: its own limit would refuse the rest by 503. All is bounded
in count and time, on the loopback interface: each client sends one request after the other over a connection
that it keeps.
"""

import http.client
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.deployed import Platform, platform
from benchmarks.measurement import Samples, headline, result, verdict

CLIENTS = (1, 16, 64)
REQUESTS = 1200
SECONDS = 30.0
TIMEOUT_SECONDS = 60.0
OUT_OF_THE_WAY = 100_000
MOST_AT_ONCE = 200  # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html


@dataclass(frozen=True)
class Question:
    """What each request is: a POST to an address."""

    url: str
    body: str = '{"entry": [1, 2, 3, 4, 5]}'
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass
class Load:
    """What came back: milliseconds by status (0: no answer at all), and how long it went on."""

    milliseconds: dict[int, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def statuses(self) -> Counter[int]:
        """Answers by status."""
        return Counter({status: len(taken) for status, taken in self.milliseconds.items()})

    def of(self, status: int) -> Samples:
        """What the answers of a status took."""
        return Samples(self.milliseconds.get(status, []))


def drive(question: Question, clients: int, requests: int, seconds: float) -> Load:
    """Have `clients` at once ask until they have sent `requests`, or `seconds` have passed."""
    load, lock = Load(), threading.Lock()
    left = iter(range(requests))
    began = time.perf_counter()

    def ask_again_and_again() -> None:
        connection = _connect(question.url)
        while time.perf_counter() - began < seconds:
            with lock:
                if next(left, None) is None:
                    break
            sent = time.perf_counter()
            status = _ask(connection, question)
            taken = (time.perf_counter() - sent) * 1000
            with lock:
                load.milliseconds.setdefault(status, []).append(taken)
        connection.close()

    threads = [threading.Thread(target=ask_again_and_again) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - began
    return load


def _connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=TIMEOUT_SECONDS)


def _ask(connection: http.client.HTTPConnection, question: Question) -> int:
    try:
        path = urllib.parse.urlsplit(question.url).path
        connection.request("POST", path, question.body, dict(question.headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()  # the next request opens it again
        return 0
    return answer.status


@contextmanager
def throttled(gateway: Any, api_url: str, *, rate: float, burst: int) -> Iterator[None]:
    """Set the stage's throttling of every method; the former is put back at the end.

    `gateway` is a client of API Gateway, `api_url` ends in `/<API>/<stage>`.
    """
    api, stage = urllib.parse.urlsplit(api_url).path.rstrip("/").split("/")[-2:]
    named = {"restApiId": api, "stageName": stage}
    before = gateway.get_stage(**named)["methodSettings"]["*/*"]
    _set(gateway, named, rate, burst)
    try:
        yield
    finally:
        _set(gateway, named, before["throttlingRateLimit"], before["throttlingBurstLimit"])


def _set(gateway: Any, named: dict[str, str], rate: float, burst: int) -> None:
    limits = {"rateLimit": rate, "burstLimit": burst}
    operations = [
        {"op": "replace", "path": f"/*/*/throttling/{limit}", "value": str(value)}
        for limit, value in limits.items()
    ]
    gateway.update_stage(**named, patchOperations=operations)


@contextmanager
def roomy(sagemaker: Any, endpoint: str) -> Iterator[None]:
    """Let a serverless endpoint take as many requests at once as there can be; its own limit is put back."""
    name = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    kept = ("ExecutionRoleArn", "ProductionVariants")
    given = {member: config[member] for member in kept if member in config}
    for variant in given["ProductionVariants"]:
        variant["ServerlessConfig"]["MaxConcurrency"] = MOST_AT_ONCE
    sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-load", **given)
    try:
        _update(sagemaker, endpoint, f"{name}-load")
        yield
    finally:
        _update(sagemaker, endpoint, name)
        sagemaker.delete_endpoint_config(EndpointConfigName=f"{name}-load")


def _update(sagemaker: Any, endpoint: str, config: str) -> None:
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def main() -> None:
    """Measure and print."""
    with platform(__doc__) as deployed:
        measure(deployed)


def measure(deployed: Platform) -> None:
    """Measure this platform and print."""
    headline("Many clients at once ask the API")
    question = Question(f"{deployed.api_url}/recommendations")
    gateway = deployed.client("apigateway")
    with roomy(deployed.client("sagemaker"), deployed.endpoint):
        with throttled(gateway, deployed.api_url, rate=OUT_OF_THE_WAY, burst=OUT_OF_THE_WAY):
            drive(question, max(CLIENTS), REQUESTS // 4, SECONDS)  # all that takes part is awake
            for clients in CLIENTS:
                load = drive(question, clients, REQUESTS, SECONDS)
                _tell(f"{clients} clients", load)
                failed = load.statuses.total() - load.statuses[200]
                verdict("failed", _counted(load, failed), "0", met=failed == 0)
        _past_the_throttle(question)


def _past_the_throttle(question: Question) -> None:
    # The bucket is full again after what went before.
    time.sleep(3)
    alone = drive(question, 1, 50, SECONDS)
    time.sleep(3)
    load = drive(question, max(CLIENTS), 10 * REQUESTS, SECONDS / 3)
    _tell("alone, as the settings throttle", alone)
    _tell(f"{max(CLIENTS)} clients, as the settings throttle", load)
    others = load.statuses.total() - load.statuses[200] - load.statuses[429]
    result("refused by 429", f"{load.statuses[429]} of {load.statuses.total()}")
    verdict("neither answered nor refused so", _counted(load, others), "0", met=others == 0)


def _counted(load: Load, failed: int) -> str:
    """How many failed, and how: answers by status."""
    return f"{failed} ({dict(load.statuses)})" if failed else "0"


def _tell(name: str, load: Load) -> None:
    taken = load.of(200)
    result(
        name,
        f"p50 {taken.median:.1f} ms, p99 {taken.p99:.1f} ms, "
        f"{load.statuses[200] / load.seconds:.0f} answers a second",
    )


if __name__ == "__main__":
    main()
