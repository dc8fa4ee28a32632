"""Which algorithm a workload trains: a built-in one, or a script of its own on a framework's image."""

import re

from pydantic import Field, ValidationInfo, field_validator

from settings.errors import not_allowed, unknown
from settings.hyperparameters import ALGORITHMS, Algorithm
from settings.images import Image, image_table
from settings.schema import Finding, Section, rejected

FRAMEWORKS = ("xgboost",)
"""Algorithms whose image also runs scripts:
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-how-to-use.html"""


class AlgorithmVersion(Section):
    """An algorithm's image: the built-in algorithm in it or, with `script`, our own on its framework."""

    name: str = Field(description="the name of a built-in algorithm")
    version: str = Field(description="the version of the algorithm's image, as text in quotes")

    script: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9_]*\.py$",
        description="the workload's own training script, such as train.py, or null for a built-in algorithm",
    )
    metrics: dict[str, str] = Field(
        default_factory=dict,
        max_length=40,
        description="a mapping of metrics to the regular expressions that find them in the script's log",
    )

    @property
    def specification(self) -> Algorithm:
        """What the algorithm takes."""
        return ALGORITHMS[self.name]

    @property
    def image(self) -> Image:
        """The image that trains and serves it."""
        return Image(self.specification.repository, self.version)

    @field_validator("name")
    @classmethod
    def _known_algorithm(cls, name: str) -> str:
        if name not in ALGORITHMS:
            raise rejected(Finding(("name",), unknown("algorithm", name, list(ALGORITHMS))))
        return name

    @field_validator("version")
    @classmethod
    def _known_version(cls, version: str, info: ValidationInfo) -> str:
        name = info.data.get("name")
        tags = image_table()[ALGORITHMS[name].repository].tags if name else (version,)
        if version not in tags:
            raise rejected(Finding(("version",), not_allowed(version, f"{name} has {', '.join(tags)}")))
        return version

    @field_validator("script")
    @classmethod
    def _framework(cls, script: str | None, info: ValidationInfo) -> str | None:
        name = info.data.get("name")
        if script and name and name not in FRAMEWORKS:
            allowed = f"only {', '.join(FRAMEWORKS)} runs scripts of one's own"
            raise rejected(Finding(("script",), not_allowed(script, allowed)))
        return script

    @field_validator("metrics")
    @classmethod
    def _metrics_of_the_script(cls, metrics: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if metrics and "script" in info.data and info.data["script"] is None:
            allowed = "the built-in algorithm has metrics of its own; these are a script's"
            raise rejected(Finding(("metrics",), not_allowed(metrics, allowed)))
        found = [
            Finding(("metrics", name), not_allowed(regex, "a regular expression with one group"))
            for name, regex in metrics.items()
            if not _has_one_group(regex)
        ]
        if found:
            raise rejected(*found)
        return metrics


def _has_one_group(regex: str) -> bool:
    try:
        return re.compile(regex).groups == 1
    except re.error:
        return False
