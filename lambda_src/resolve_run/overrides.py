"""What an execution may change about its workload, and what is wrong with an input that does otherwise."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from settings import hyperparameters, instance_types

SECTIONS = ("hyperparameters", "instances", "sources")
SOURCE_KEYS = ("sha256", "uri")
LONGEST_URI = 2048

_S3_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Bounds:
    """A whole number's range, both ends included; None is no upper end."""

    minimum: int
    maximum: int | None

    @property
    def allowed(self) -> str:
        """In words, what the number may be."""
        if self.maximum is None:
            return f"a whole number of at least {self.minimum}"
        return f"a whole number from {self.minimum} to {self.maximum}"

    def admits(self, value: object) -> bool:
        """Whether it is a whole number (true and 1.0 are none) in the range."""
        if type(value) is not int or value < self.minimum:
            return False
        return self.maximum is None or value <= self.maximum


@dataclass(frozen=True)
class StepLimits:
    """What SageMaker takes as the instances of one step."""

    use: instance_types.Use
    numbers: Mapping[str, Bounds]


_VOLUME_GB = Bounds(1, 16384)
_PROCESSING = StepLimits("processing", {"instance_count": Bounds(1, 100), "volume_gb": _VOLUME_GB})
STEPS: Mapping[str, StepLimits] = {
    "preparation": _PROCESSING,
    "training": StepLimits("training", {"instance_count": Bounds(1, None), "volume_gb": _VOLUME_GB}),
    "transform": StepLimits("transform", {"instance_count": Bounds(1, None)}),
    "evaluation": _PROCESSING,
}
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html,
API_ProcessingClusterConfig.html and API_TransformResources.html"""


def faults(workload: Mapping[str, Any], overrides: object) -> list[str]:
    """Say everything that is wrong with an execution's input; nothing when it can be used."""
    if not isinstance(overrides, dict):
        return [f"The execution input must be an object with any of {_listed(SECTIONS)}."]
    files = [file["name"] for file in workload["files"]]
    checks: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
        "hyperparameters": lambda values: _hyperparameter_faults(workload, values),
        "instances": _instance_faults,
        "sources": lambda values: _source_faults(files, values),
    }
    found = _unknown_keys("", overrides, SECTIONS)
    for section, check in checks.items():
        values = overrides.get(section, {})
        found += check(values) if isinstance(values, dict) else [f"{section}: must be an object"]
    return found


def as_text(value: str | float) -> str:
    """A hyperparameter as SageMaker takes it. JSON knows no integers, so 10.0 is 10."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _hyperparameter_faults(workload: Mapping[str, Any], values: dict[str, Any]) -> Iterator[str]:
    usable = {}
    for name, value in values.items():
        if _is_scalar(value):
            usable[name] = as_text(value)
        else:
            yield f"hyperparameters.{name}: must be a text or a finite number"
    for name in workload["tuned"]:
        if name in usable:
            yield f"hyperparameters.{name}: is tuned, so it can't be set"
    if workload["script"]:  # which checks its own hyperparameters
        return
    untouched = {k: v for k, v in workload["hyperparameters"].items() if k not in values or k in usable}
    tuned = frozenset(workload["tuned"])
    for problem in hyperparameters.check(workload["algorithm"], {**untouched, **usable}, tuned=tuned):
        if problem.name not in values.keys() - usable.keys():
            yield f"hyperparameters.{problem}"


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, str | int) and not isinstance(value, bool)


def _instance_faults(values: dict[str, Any]) -> Iterator[str]:
    yield from _unknown_keys("instances.", values, STEPS)
    for step, limits in STEPS.items():
        chosen = values.get(step, {})
        if isinstance(chosen, dict):
            yield from _step_faults(f"instances.{step}.", limits, chosen)
        else:
            yield f"instances.{step}: must be an object"


def _step_faults(path: str, limits: StepLimits, chosen: dict[str, Any]) -> Iterator[str]:
    yield from _unknown_keys(path, chosen, ("instance_type", *limits.numbers))
    if "instance_type" in chosen:
        for problem in _instance_type_problems(limits.use, chosen["instance_type"]):
            yield f"{path}instance_type: {problem}"
    for name, bounds in limits.numbers.items():
        if name in chosen and not bounds.admits(chosen[name]):
            yield f"{path}{name}: must be {bounds.allowed}"


def _instance_type_problems(use: instance_types.Use, instance_type: object) -> list[str]:
    if not isinstance(instance_type, str):
        return ["must be a text such as ml.m5.xlarge"]
    return instance_types.problems(use, instance_type)


def _source_faults(files: list[str], values: dict[str, Any]) -> Iterator[str]:
    for name, source in values.items():
        path = f"sources.{name}"
        if name not in files:
            yield f"{path}: the workload has no such file; it has {_listed(files)}"
        elif not isinstance(source, dict):
            yield f'{path}: must be an object such as {{"uri": "s3://bucket/key", "sha256": "…"}}'
        else:
            yield from _unknown_keys(f"{path}.", source, SOURCE_KEYS)
            if not _is_source_uri(source.get("uri")):
                yield f"{path}.uri: must be s3://bucket/key or https://host/path, without user or password"
            sha256 = source.get("sha256")
            if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
                yield f"{path}.sha256: must be 64 hexadecimal digits"


def _is_source_uri(value: object) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST_URI or not value.isprintable():
        return False
    return bool(_S3_URI.fullmatch(value)) or _is_plain_https(value)


def _is_plain_https(value: str) -> bool:
    if not value.isascii() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:  # a port that is no number, brackets that don't close
        return False


def _unknown_keys(path: str, values: Iterable[str], allowed: Iterable[str]) -> list[str]:
    allowed = list(allowed)
    return [f"{path}{key}: unknown key; allowed: {_listed(allowed)}" for key in values if key not in allowed]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
