"""Where SageMaker's own container images are, by region (`image_table.json`)."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from settings.errors import Fault, SettingsError, not_allowed, unknown

TABLE_FILE = Path(__file__).with_name("image_table.json")


class Image(NamedTuple):
    """An image that isn't tied to a region."""

    repository: str
    tag: str


PROCESSING_IMAGE = Image("sagemaker-scikit-learn", "1.9-0-cpu-py3")
"""What the workloads' preparation and evaluation scripts run in."""

CLARIFY_IMAGE = Image("sagemaker-clarify-processing", "1.0")
DEBUGGER_IMAGE = Image("sagemaker-debugger-rules", "latest")


class Repository(NamedTuple):
    """An image repository: its tags and, for each region that has it, the account and the DNS suffix."""

    tags: tuple[str, ...]
    accounts: dict[str, str]
    suffix: dict[str, str]


ImageTable = dict[str, Repository]


@cache
def image_table() -> ImageTable:
    """The committed table; `make image-table` writes it anew from the SageMaker SDK's data."""
    content = json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    return {
        name: Repository(tuple(entry["tags"]), entry["accounts"], entry["suffix"])
        for name, entry in content.items()
    }


def image_uri(repository: str, tag: str, region: str) -> str:
    """Return the image's URI in a region; a SettingsError names the regions or tags that there are."""
    entry = _repository(repository, tag)
    if region not in entry.accounts:
        regions = ", ".join(sorted(entry.accounts))
        problem = not_allowed(region, f"the image {repository}:{tag} is in {regions}")
        raise SettingsError(Fault("", "region", problem))
    return f"{entry.accounts[region]}.dkr.ecr.{region}.{entry.suffix[region]}/{repository}:{tag}"


def region_mapping(repository: str, tag: str) -> dict[str, dict[str, str]]:
    """Return the `Account` and `Suffix` of each region with the image, as a CloudFormation mapping has them.

    The URI is then `{Account}.dkr.ecr.{region}.{Suffix}/{repository}:{tag}`.
    """
    entry = _repository(repository, tag)
    return {
        region: {"Account": account, "Suffix": entry.suffix[region]}
        for region, account in entry.accounts.items()
    }


def _repository(name: str, tag: str) -> Repository:
    table = image_table()
    if name not in table:
        raise SettingsError(Fault("", "image", unknown("image repository", name, list(table))))
    if tag not in table[name].tags:
        raise SettingsError(Fault("", f"image {name}", unknown("tag", tag, table[name].tags)))
    return table[name]
