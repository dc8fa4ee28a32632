"""A server process: one model in its image, answering the container contract on a loopback port."""

import http.client
import shutil
import socket
import time
from collections.abc import Callable, Mapping

from ministack.core.responses import get_region

from local_aws import credentials
from local_aws.images.build import BuildError
from local_aws.images.catalogue import UnknownImageError, resolve
from local_aws.sagemaker.container import Container, Filesystem, algorithm_environment
from local_aws.sagemaker.hosting.models import Servable
from local_aws.sagemaker.jobs import archives
from local_aws.sagemaker.transfer import RoleStorage, TransferError
from local_aws.sagemaker.uris import S3Location

HOST = "127.0.0.1"
# How long AWS waits for the first successful ping.
STARTUP_SECONDS = 240.0
_PING_INTERVAL_SECONDS = 0.02


class ServerFailedError(Exception):
    """The server can't serve; the text says why, as an endpoint's FailureReason does."""


class ModelServer:
    """One model's server process. `prepare` brings the model, `start` runs it until `stop`."""

    def __init__(self, servable: Servable, filesystem: Filesystem, log: Callable[[str], None]) -> None:
        self._servable = servable
        self._filesystem = filesystem
        self._log = log
        self._container: Container | None = None
        self.port = 0

    def prepare(self) -> None:
        """Download and unpack the model data, with the model's role; what is there already is kept.

        Raises:
            ServerFailedError: it can't be read or unpacked.
        """
        target = self._filesystem.ml / "model"
        if target.is_dir():
            return
        partial = self._filesystem.ml / "model.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        url, role = self._servable.model_data_url, self._servable.role_arn
        if url is not None and role is not None:
            try:
                storage = RoleStorage(role, credentials.role_environment(role, "SageMaker"))
                archives.download(storage, S3Location.parse(url), partial)
            except (TransferError, archives.ArchiveError, credentials.RoleNotAssumable) as error:
                raise ServerFailedError(f"Failed to load model data from {url}: {error}") from None
        partial.rename(target)

    def start(self, extra: Mapping[str, str] | None = None) -> None:
        """Run the server, and wait until it answers a ping.

        Raises:
            ServerFailedError: it ended, or never became healthy; its log says why.
        """
        try:
            image = resolve(self._servable.image, get_region())
            self.port = _free_port()
            self._container = Container(
                image,
                [str(image.python), *(image.serve or ()), "serve"],
                self._filesystem,
                {**self._environment(), **(extra or {})},
                self._log,
            )
        except (UnknownImageError, BuildError, credentials.RoleNotAssumable) as error:
            raise ServerFailedError(str(error)) from None
        self._await_ping()

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._container is not None and self._container.exit_code is None

    def wait(self, seconds: float) -> bool:
        """Wait for the process to end, at most so long; returns whether it has."""
        return self._container is None or self._container.wait(seconds) is not None

    def stop(self) -> None:
        """End the process."""
        if self._container is not None:
            self._container.kill()

    def _environment(self) -> dict[str, str]:
        role = self._servable.role_arn
        return {
            **(credentials.role_environment(role, "SageMaker") if role else {}),
            **algorithm_environment(self._filesystem),
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
            "SM_MODEL_DIR": "/opt/ml/model",
            **self._servable.environment,
        }

    def _await_ping(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while self.is_running and time.monotonic() < deadline:
            if _ping(self.port):
                return
            time.sleep(_PING_INTERVAL_SECONDS)
        self.stop()
        raise ServerFailedError("did not pass the ping health check. Please check CloudWatch logs")


def _ping(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
