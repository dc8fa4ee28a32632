"""One run: its name, its places in S3, and the settings it uses."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .overrides import as_text, faults

RUN_ID_LENGTH = 12


class InvalidExecutionInput(Exception):
    """The execution's input can't be used; the text lists every fault and what is allowed instead."""


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Where runs keep what they read and what they leave."""

    data: str
    artifacts: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """A workload's settings with an execution's overrides merged in."""

    id: str
    workload: str
    resource_name: str
    algorithm: str
    execution_arn: str
    hyperparameters: Mapping[str, str]
    files: list[dict[str, str | None]]
    instances: Mapping[str, Mapping[str, Any]]

    @property
    def name(self) -> str:
        """The stem of all its jobs' names."""
        return f"{self.resource_name}-{self.id}"

    @property
    def settings_key(self) -> str:
        """Where in the artifacts bucket its settings are kept."""
        return f"runs/{self.workload}/{self.id}/settings.json"

    def settings(self) -> dict[str, Any]:
        """What it ran with, for people and programs that look at it later."""
        return {
            "run": self.id,
            "workload": self.workload,
            "execution_arn": self.execution_arn,
            "algorithm": self.algorithm,
            "hyperparameters": dict(self.hyperparameters),
            "files": self.files,
            "instances": self.instances,
        }

    def result(self, buckets: Buckets) -> dict[str, Any]:
        """What the state machine's next states use."""
        return {
            "id": self.id,
            "name": self.name,
            "hyperparameters": dict(self.hyperparameters),
            "files": self.files,
            "instances": self.instances,
            "processed_uri": f"s3://{buckets.data}/processed/{self.workload}/{self.id}/",
            "artifacts_uri": f"s3://{buckets.artifacts}/runs/{self.workload}/{self.id}/",
        }


def resolve(workload: Mapping[str, Any], overrides: Any, execution_arn: str) -> Run:
    """Merge an execution's input into its workload's settings; raises `InvalidExecutionInput`."""
    found = faults(workload, overrides)
    if found:
        raise InvalidExecutionInput("\n".join(found))
    return Run(
        id=run_id(execution_arn),
        workload=workload["name"],
        resource_name=workload["resource_name"],
        algorithm=workload["algorithm"],
        execution_arn=execution_arn,
        hyperparameters={
            **workload["hyperparameters"],
            **{name: as_text(value) for name, value in overrides.get("hyperparameters", {}).items()},
        },
        files=[_file(file, overrides.get("sources", {})) for file in workload["files"]],
        instances={
            step: {**chosen, **overrides.get("instances", {}).get(step, {})}
            for step, chosen in workload["instances"].items()
        },
    )


def run_id(execution_arn: str) -> str:
    """The execution's own id, short enough for job names: repeating an execution's step repeats its id."""
    return hashlib.sha256(execution_arn.encode()).hexdigest()[:RUN_ID_LENGTH]


def _file(declared: Mapping[str, Any], sources: Mapping[str, Any]) -> dict[str, str | None]:
    """A file with its source; the declared checksum belongs to the declared source only.

    What the workload doesn't declare is absent: the definition that carries it can't hold a null.
    """
    chosen = sources.get(declared["name"])
    uri = chosen["uri"] if chosen else declared.get("source")
    sha256 = chosen.get("sha256") if chosen else declared.get("sha256")
    return {"name": declared["name"], "source": uri, "sha256": sha256 and sha256.lower()}
