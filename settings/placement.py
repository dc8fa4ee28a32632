"""What of a workload can't be in an environment; told of raw settings, whatever else is wrong with them."""

from collections.abc import Iterator, Mapping
from typing import Any

from settings import names
from settings.environment import Environment
from settings.errors import not_allowed
from settings.hyperparameters import ALGORITHMS
from settings.images import CLARIFY_IMAGE, DEBUGGER_IMAGE, PROCESSING_IMAGE, image_table
from settings.schema import FieldPath, Finding

_SERVERLESS = "https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html"


def placed(workload: Mapping[str, Any], environment: Environment) -> Mapping[str, Any]:
    """Return a workload's raw settings, with instances for its serverless endpoint if so set."""
    instances = environment.network.in_place_of_serverless
    if instances is None or _at(workload, ("serving", "type")) != "serverless":
        return workload
    return {**workload, "serving": {"type": "real_time", **instances.model_dump()}}


def findings(workload: Mapping[str, Any], environment: Environment) -> Iterator[Finding]:
    """Say which of a workload's settings don't fit its environment."""
    name = workload.get("name")
    if isinstance(name, str):
        tuned = bool(workload.get("tuning"))
        for problem in names.problems(name.replace("_", "-"), environment.prefix, tuned=tuned):
            yield Finding(("name",), not_allowed(name, problem))
    kind = _at(workload, ("serving", "type"))
    if kind == "serverless" and environment.network.mode == "vpc_only":
        allowed = (
            f"the network of the environment {environment.name} is vpc_only, and serverless endpoints take "
            f"no VPC configuration: use real_time, or say network.in_place_of_serverless ({_SERVERLESS})"
        )
        yield Finding(("serving", "type"), not_allowed(kind, allowed))


def region_problems(workload: Mapping[str, Any], environment: Environment) -> Iterator[str]:
    """Say which images of a workload the environment's region doesn't have."""
    algorithm = _at(workload, ("algorithm", "name"))
    repositories = [PROCESSING_IMAGE.repository]
    if isinstance(algorithm, str) and algorithm in ALGORITHMS:
        repositories.append(ALGORITHMS[algorithm].repository)
    if workload.get("debugger"):
        repositories.append(DEBUGGER_IMAGE.repository)
    if workload.get("clarify"):
        repositories.append(CLARIFY_IMAGE.repository)
    for repository in repositories if environment.region else ():
        regions = image_table()[repository].accounts
        if environment.region not in regions:
            allowed = f"the image {repository} is in {', '.join(regions)}"
            yield not_allowed(environment.region, allowed)


def _at(mapping: Mapping[str, Any], path: FieldPath) -> object:
    value: Any = mapping
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
