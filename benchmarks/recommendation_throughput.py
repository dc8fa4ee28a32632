"""Recommendations a second through the local API, against its endpoint asked directly, by as many clients.

Both by the same client: plain HTTP over kept connections. InvokeEndpoint is signed once, as signing each
request would cost the client, which has the same cores, more than asking. Throttling of the stage and the
endpoint's limit of requests at once are out of the way.
"""

from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from benchmarks.deployed import Platform, platform
from benchmarks.load import (
    OUT_OF_THE_WAY,
    Question,
    drive,
    roomy,
    throttled,
)
from benchmarks.measurement import headline, interleaved, result, verdict

ROUNDS = 7
CLIENTS = 16
REQUESTS = 400
SECONDS = 30.0
TARGET_RATIO = 0.8

FEATURES = '{"instances": [{"features": [1, 2, 3, 4, 5]}]}'


def main() -> None:
    """Measure and print."""
    with platform(__doc__) as deployed:
        measure(deployed)


def measure(deployed: Platform) -> None:
    """Measure this platform and print."""
    headline(f"Recommendations a second, {CLIENTS} clients, against the endpoint asked directly")
    api = Question(f"{deployed.api_url}/recommendations")
    gateway = deployed.client("apigateway")
    with (
        roomy(deployed.client("sagemaker"), deployed.endpoint),
        throttled(gateway, deployed.api_url, rate=OUT_OF_THE_WAY, burst=OUT_OF_THE_WAY),
    ):
        endpoint = _invocation(deployed)
        taken = interleaved(
            {"API": lambda: _rate(api), "endpoint": lambda: _rate(endpoint)}, rounds=ROUNDS, warm_up=2
        )
    for name, samples in taken.items():
        result(name, f"{samples.median:.0f} a second, least {min(samples.values):.0f}")
    ratio = taken["API"].median / taken["endpoint"].median
    verdict("ratio", f"{ratio:.2f}x", f">= {TARGET_RATIO}x", met=ratio >= TARGET_RATIO)


def _rate(question: Question) -> float:
    """Answers a second.

    Raises:
        RuntimeError: not every request was answered by 200.
    """
    load = drive(question, CLIENTS, REQUESTS, SECONDS)
    if set(load.statuses) != {200}:
        raise RuntimeError(f"{question.url} answered {dict(load.statuses)}")
    return load.statuses[200] / load.seconds


def _invocation(deployed: Platform) -> Question:
    """InvokeEndpoint, signed; the signature holds for some minutes."""
    client: Any = deployed.client("sagemaker-runtime")
    url = f"{deployed.endpoint_url}/endpoints/{deployed.endpoint}/invocations"
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = AWSRequest("POST", url, headers, FEATURES)
    credentials = client._request_signer._credentials  # no public way to them
    SigV4Auth(credentials, "sagemaker", client.meta.region_name).add_auth(request)
    return Question(url, FEATURES, dict(request.headers.items()))


if __name__ == "__main__":
    main()
