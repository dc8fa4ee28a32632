"""A warm recommendation through the local API, against asking its endpoint directly.

API: POST over one kept HTTP connection. Directly: InvokeEndpoint by boto3, as an application would. Before
each measured request goes one of its kind that doesn't count, so that all that takes part is awake, and the
rounds stay below the stage's throttling.
"""

import http.client
import json
import time
import urllib.parse
from collections.abc import Callable

from benchmarks.deployed import Platform, platform
from benchmarks.measurement import headline, interleaved, result, verdict

ROUNDS = 300
TARGET_MS = 1.0
# A round pauses twice and makes two requests to the API, of which the development stage admits 50 a second.
PAUSE_SECONDS = 0.02

ENTRY = [1, 2, 3, 4, 5]


def main() -> None:
    """Measure and print."""
    with platform(__doc__) as deployed:
        measure(deployed)


def measure(deployed: Platform) -> None:
    """Measure this platform and print."""
    headline("Warm recommendation through the API, against its endpoint asked directly (boto3)")
    ask_api, ask_endpoint = _asking_api(deployed), _asking_endpoint(deployed)

    taken = interleaved(
        {"API": lambda: _milliseconds(ask_api), "endpoint": lambda: _milliseconds(ask_endpoint)},
        rounds=ROUNDS,
        warm_up=20,
    )
    for name, samples in taken.items():
        result(
            name, f"p50 {samples.median:.2f} ms, p99 {samples.p99:.2f} ms, least {min(samples.values):.2f} ms"
        )
    added = taken["API"].median - taken["endpoint"].median
    verdict("added by the API, p50", f"{added:+.2f} ms", f"<= +{TARGET_MS} ms", met=added <= TARGET_MS)
    result("ratio, p50", f"{taken['API'].median / taken['endpoint'].median:.2f}x")


def _asking_api(deployed: Platform) -> Callable[[], None]:
    address = urllib.parse.urlsplit(f"{deployed.api_url}/recommendations")
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    body = json.dumps({"entry": ENTRY})

    def ask() -> None:
        connection.request("POST", address.path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the API answered {answer.status}: {text.decode()}")

    return ask


def _asking_endpoint(deployed: Platform) -> Callable[[], None]:
    client = deployed.client("sagemaker-runtime")
    body = json.dumps({"instances": [{"features": ENTRY}]})

    def ask() -> None:
        client.invoke_endpoint(
            EndpointName=deployed.endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=body,
        )["Body"].read()

    return ask


def _milliseconds(action: Callable[[], None]) -> float:
    time.sleep(PAUSE_SECONDS)
    action()
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
