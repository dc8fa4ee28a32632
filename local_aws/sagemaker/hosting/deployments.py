"""A deployment: the running server processes of an endpoint, one for each variant, made from one
configuration."""

import random
import shutil
import threading
import time
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ministack.core.concurrency import spawn_background

from local_aws import persistence
from local_aws.sagemaker import store
from local_aws.sagemaker.container import Filesystem
from local_aws.sagemaker.hosting.capture import Capture
from local_aws.sagemaker.hosting.models import Servable, servable
from local_aws.sagemaker.hosting.servers import ModelServer, ServerFailedError
from local_aws.sagemaker.kinds import MODEL
from local_aws.sagemaker.logs import LogStream
from local_aws.sagemaker.store import Record

_RESTART_SECONDS = 1.0
_DRAIN_SECONDS = 60.0
_LATECOMER_SECONDS = 0.1


class Variant:
    """One variant of a deployment: its share of the traffic, and its server, restarted whenever it ends."""

    def __init__(
        self, plan: dict[str, Any], folder: Path, log: LogStream, capture: Capture | None = None
    ) -> None:
        self.capture = capture
        self.name: str = plan["VariantName"]
        self.weight: float = plan["Weight"]
        self.max_concurrency: int | None = plan["MaxConcurrency"]
        self.in_flight = 0
        self.ready = False
        self.generation = 0
        self._plan = plan
        self._log = log
        self._stopping = threading.Event()
        self.server = ModelServer(Servable(**plan["Servable"]), Filesystem(folder), log.write)

    @property
    def instance_count(self) -> int:
        """How many instances the variant has at the moment."""
        return int(self._plan["InstanceCount"] or 1)

    @property
    def is_serverless(self) -> bool:
        """Whether the variant is serverless, with its lower limits."""
        return self.max_concurrency is not None

    def start(self) -> None:
        """Start the server, and watch over it from then on; raises ServerFailedError."""
        self.server.prepare()
        self._run()
        spawn_background(self._watch, thread_name="sagemaker-endpoint-watch")

    def stop(self) -> None:
        """End the server for good."""
        self._stopping.set()
        self.ready = False
        self.server.stop()
        self._log.close()

    def _run(self) -> None:
        self.server.start()
        self.generation += 1
        self.ready = True

    def _watch(self) -> None:
        while not self._stopping.is_set():
            if not self.server.wait(_RESTART_SECONDS) or self._stopping.is_set():
                continue
            self.ready = False
            self._log.write("The model server ended unexpectedly; it is started again.")
            try:
                self._run()
            except ServerFailedError as error:
                self._log.write(f"The model server {error}")
                self._stopping.wait(_RESTART_SECONDS)


class Deployment:
    """The variants made from one endpoint configuration."""

    def __init__(self, endpoint_name: str, plan: dict[str, Any]) -> None:
        self.plan = plan
        self._folder = _endpoint_folder(endpoint_name) / plan["Id"]
        group = f"/aws/sagemaker/Endpoints/{endpoint_name}"
        self.variants = [
            Variant(
                part,
                self._folder / part["VariantName"],
                LogStream(
                    group,
                    f"{part['VariantName']}/i-{uuid.uuid4().hex[:17]}",
                    self._folder / part["VariantName"] / "log.txt",
                    part["Servable"]["role_arn"],
                ),
                _capture(plan, endpoint_name, part),
            )
            for part in plan["Variants"]
        ]

    def start(self) -> None:
        """Start every variant's server.

        Raises:
            ServerFailedError: one of them can't serve; none runs then.
        """
        for variant in self.variants:
            try:
                variant.start()
            except ServerFailedError as error:
                self.stop()
                raise ServerFailedError(
                    f"The primary container for production variant {variant.name} {error}"
                ) from None

    def choose(self) -> Variant:
        """The variant that takes the next request, by weight."""
        if len(self.variants) == 1:
            return self.variants[0]
        return random.choices(self.variants, [variant.weight for variant in self.variants])[0]  # noqa: S311

    def drain(self) -> None:
        """Let the requests under way end, then stop; one may just have chosen this deployment."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        time.sleep(_LATECOMER_SECONDS)
        while any(variant.in_flight for variant in self.variants) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.stop()
        self.forget()

    def stop(self) -> None:
        """Stop every server."""
        for variant in self.variants:
            variant.stop()

    def forget(self) -> None:
        """Delete what the deployment keeps on disk."""
        shutil.rmtree(self._folder, ignore_errors=True)


def plan(config: Record) -> dict[str, Any]:
    """What a deployment of an endpoint configuration needs to know, all of it, so that it can be kept and
    restarted.

    Raises:
        ServiceError: a model is gone.
    """
    return {
        "Id": uuid.uuid4().hex[:12],
        "EndpointConfigName": config["EndpointConfigName"],
        "DataCaptureConfig": config.get("DataCaptureConfig"),
        "Variants": [
            {
                "VariantName": variant["VariantName"],
                "Weight": variant["InitialVariantWeight"],
                "MaxConcurrency": variant.get("ServerlessConfig", {}).get("MaxConcurrency"),
                "ServerlessConfig": variant.get("ServerlessConfig"),
                "InstanceCount": variant.get("InitialInstanceCount"),
                "InstanceType": variant.get("InstanceType"),
                "Servable": servable(store.get(MODEL, variant["ModelName"])).as_dict(),
            }
            for variant in config["ProductionVariants"]
        ],
    }


def _capture(plan: dict[str, Any], endpoint_name: str, variant: dict[str, Any]) -> Capture | None:
    settings = plan.get("DataCaptureConfig")
    if not settings or not settings.get("EnableCapture", True):
        return None
    return Capture(settings, endpoint_name, variant["VariantName"], variant["Servable"]["role_arn"])


def retain(plan: dict[str, Any], serving: dict[str, Any], kinds: Collection[str]) -> None:
    """Take over properties of these kinds from what serves: `DesiredInstanceCount`, `DesiredWeight`,
    `DataCaptureConfig`."""
    if "DataCaptureConfig" in kinds:
        plan["DataCaptureConfig"] = serving.get("DataCaptureConfig")
    held = {variant["VariantName"]: variant for variant in serving["Variants"]}
    for variant in plan["Variants"]:
        former = held.get(variant["VariantName"])
        if former is None or variant["ServerlessConfig"] or former["ServerlessConfig"]:
            continue
        if "DesiredInstanceCount" in kinds:
            variant["InstanceCount"] = former["InstanceCount"]
        if "DesiredWeight" in kinds:
            variant["Weight"] = former["Weight"]


def forget_endpoint(endpoint_name: str) -> None:
    """Delete all that an endpoint's deployments kept on disk."""
    shutil.rmtree(_endpoint_folder(endpoint_name), ignore_errors=True)


def _endpoint_folder(endpoint_name: str) -> Path:
    return persistence.state_dir() / "sagemaker" / "endpoints" / endpoint_name
