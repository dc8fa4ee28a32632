"""Which images there are, and which of them an ECR address names."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

IMAGES = Path(__file__).parent
PROJECT = IMAGES.parent.parent
ENVIRONMENTS_VARIABLE = "LOCAL_AWS_IMAGES"

_ECR_ADDRESS = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<suffix>amazonaws\.com(\.cn)?)"
    r"/(?P<repository>[a-z0-9._/-]+):(?P<tag>[A-Za-z0-9._-]+)"
)


class UnknownImageError(Exception):
    """The address is no ECR address of this region, or no folder holds that image."""


@dataclass(frozen=True)
class Image:
    """One image: pinned requirements, and its interpreter's arguments for training, serving and processing.

    None means that it has no such role; `metrics` are the regular expressions by which its log tells its
    metrics; `pip_options` are pip's when it installs the requirements.
    """

    repository: str
    tag: str
    train: tuple[str, ...] | None
    serve: tuple[str, ...] | None
    process: tuple[str, ...] | None
    pip_options: tuple[str, ...]
    metrics: Mapping[str, str]

    @property
    def name(self) -> str:
        """`<repository>:<tag>`."""
        return f"{self.repository}:{self.tag}"

    @property
    def folder(self) -> Path:
        """Where the image is described."""
        return IMAGES / self.repository / self.tag

    @property
    def requirements(self) -> Path:
        """The pinned distributions of its virtual environment."""
        return self.folder / "requirements.txt"

    @property
    def environment(self) -> Path:
        """Its virtual environment, which `build` makes."""
        return environments_folder() / self.repository / self.tag

    @property
    def python(self) -> Path:
        """The interpreter of its virtual environment."""
        return self.environment / "bin" / "python"


def environments_folder() -> Path:
    """Where the images' virtual environments are kept: $LOCAL_AWS_IMAGES, or `.venvs/images`."""
    return Path(os.environ.get(ENVIRONMENTS_VARIABLE) or PROJECT / ".venvs" / "images").absolute()


def available() -> tuple[Image, ...]:
    """Every image that has a folder, sorted by name."""
    found = (_load(path.parent) for path in IMAGES.glob("*/*/image.json"))
    return tuple(sorted(found, key=lambda image: image.name))


def named(name: str) -> Image:
    """The image `<repository>:<tag>`.

    Raises:
        UnknownImageError: no folder holds it; the text names those there are.
    """
    for image in available():
        if image.name == name:
            return image
    known = ", ".join(image.name for image in available())
    raise UnknownImageError(f"There is no local image {name}. There are: {known}.")


def resolve(uri: str, region: str) -> Image:
    """The image behind an ECR address `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`.

    Raises:
        UnknownImageError: the text says what was wrong and which images there are.
    """
    address = _ECR_ADDRESS.fullmatch(uri)
    if address is None:
        raise UnknownImageError(
            f"'{uri}' is not an ECR image address; it should look like "
            f"<account>.dkr.ecr.{region}.amazonaws.com/<repository>:<tag>."
        )
    if address["region"] != region:
        raise UnknownImageError(
            f"Image '{uri}' is in region {address['region']}; SageMaker pulls images from its own, {region}."
        )
    return named(f"{address['repository']}:{address['tag']}")


def _load(folder: Path) -> Image:
    roles = json.loads((folder / "image.json").read_text())
    return Image(
        repository=folder.parent.name,
        tag=folder.name,
        train=tuple(roles["train"]) if "train" in roles else None,
        serve=tuple(roles["serve"]) if "serve" in roles else None,
        process=tuple(roles["process"]) if "process" in roles else None,
        pip_options=tuple(roles.get("pip", ())),
        metrics=roles.get("metrics", {}),
    )
