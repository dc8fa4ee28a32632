"""The environment of the local AWS, set as a whole: nothing of the caller's reaches a function or a job."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"

# Poll loops of state machines wait for resources that are ready in milliseconds here.
WAIT_SCALE = "0.05"

_IMAGES = "LOCAL_AWS_IMAGES"
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT")
# What pip needs to reach its index when the virtual environment of an image is built.
_KEPT_FOR_PIP = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def clean_environment(caller: Mapping[str, str], port: int, state: Path, images: Path) -> dict[str, str]:
    """The whole environment: the few variables of `caller` that are needed, and the local AWS's own."""
    kept = {
        name: value
        for name, value in caller.items()
        if name in _KEPT or name.upper().startswith(_KEPT_FOR_PIP)
    }
    temporary = state / "tmp"
    return {
        "LANG": "C.UTF-8",
        **kept,
        # Its own calls never go through a proxy.
        "NO_PROXY": ",".join(
            filter(None, (HOST, "localhost", caller.get("NO_PROXY") or caller.get("no_proxy")))
        ),
        "TMPDIR": str(temporary),
        "PYTHONUNBUFFERED": "1",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "SFN_WAIT_SCALE": WAIT_SCALE,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{temporary}/no-docker.sock",
        _IMAGES: str(images),
    }


def apply(port: int, state: Path, images: Path) -> None:
    """Replace this process's environment; call it before ministack is imported, which reads it then."""
    settings = clean_environment(os.environ, port, state, images)
    os.environ.clear()
    os.environ.update(settings)
    tempfile.tempdir = None


def endpoint_url() -> str:
    """The address every client on this machine uses."""
    return f"http://{HOST}:{os.environ['GATEWAY_PORT']}"


def images_dir() -> Path:
    """The folder given by `--images`, which holds a virtual environment for each container image in use."""
    return Path(os.environ[_IMAGES])
