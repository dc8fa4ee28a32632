"""Writes image_table.json from the image data of the SageMaker SDK that is installed (`make image-table`)."""

import json
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from settings.images import TABLE_FILE
from settings.regions import dns_suffixes

_TAGS = {
    "knn": ("1",),
    "randomcutforest": ("1",),
    "xgboost": ("1.5-1", "1.7-1", "3.0-5", "3.2-0"),
    "sklearn": ("1.9-0-cpu-py3",),
    "clarify": ("1.0",),
    "debugger": ("latest",),
}
"""The SDK's name for each algorithm or tool, and the tags of its image that the platform may use."""


def image_data() -> Path:
    """Return the folder of the SDK's image data; PackageNotFoundError when the SDK isn't installed."""
    return Path(str(distribution("sagemaker-core").locate_file("sagemaker/core/image_uri_config")))


def image_table(data: Path) -> dict[str, dict[str, Any]]:
    """Build the table of images from the SDK's data."""
    table = {}
    for name, tags in _TAGS.items():
        content = json.loads((data / f"{name}.json").read_text(encoding="utf-8"))
        known = dict(_images(content))
        repository, accounts = known[tags[0]]
        if any(known[tag] != (repository, accounts) for tag in tags):
            raise ValueError(f"{name}: the tags {', '.join(tags)} differ in repository or accounts")
        table[repository] = {
            "tags": list(tags),
            "accounts": accounts,
            "suffix": {region: dns_suffixes()[region] for region in accounts},
        }
    return table


def _images(content: dict[str, Any]) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    """Each tag of an image with its repository and accounts, composed as the SDK's image_uris does."""
    for scope in ("training", "processing"):
        for version, image in content.get(scope, content).get("versions", {}).items():
            parts = [version, *image.get("processors", []), *image.get("py_versions", [])]
            yield "-".join(parts), (image["repository"], dict(sorted(image["registries"].items())))


if __name__ == "__main__":
    TABLE_FILE.write_text(json.dumps(image_table(image_data()), indent=2) + "\n", encoding="utf-8")
