"""What the states that run a workload's jobs are made from."""

from dataclasses import dataclass
from typing import Any

from settings.environment import Environment
from settings.script_fit import CODE_CHANNEL
from settings.workload import Workload

SUBMITTED_CODE = f"/opt/ml/input/data/{CODE_CHANNEL}"
SERVED_CODE = "/opt/ml/model/code"
CANDIDATE = "$run.name & '-candidate'"
"""A JSONata expression: the name of the model that a run is about."""


@dataclass(frozen=True, kw_only=True)
class JobParts:
    """What the jobs of a workload are made from; `code_uri` holds its scripts and ends in a slash."""

    workload: Workload
    environment: Environment
    code_uri: str

    @property
    def tags(self) -> list[dict[str, str]]:
        """What each of the workload's jobs is tagged with."""
        return workload_tags(self.workload)

    @property
    def run_prefix(self) -> str:
        """A JSONata expression: the key in the artifacts bucket below which the run keeps all it leaves."""
        return f"'runs/{self.workload.name}/' & $run.id & '/'"

    def container(self, model_data_url: str) -> dict[str, Any]:
        """The model's container; a script serves itself, from the code that it put beside the model."""
        variables = dict(self.workload.inference.environment)
        if self.workload.algorithm.script:
            variables |= {
                "SAGEMAKER_PROGRAM": self.workload.algorithm.script,
                "SAGEMAKER_SUBMIT_DIRECTORY": SERVED_CODE,
            }
        return {
            "Image": "${AlgorithmImage}",
            "ModelDataUrl": model_data_url,
            **({"Environment": variables} if variables else {}),
        }


def workload_tags(workload: Workload) -> list[dict[str, str]]:
    """What all that is made for a workload is tagged with."""
    return [{"Key": "workload", "Value": workload.name}]


def streams(log_group: str, job: str) -> str:
    """A JSONata expression that says where a job's log is."""
    return f"'log group /aws/sagemaker/{log_group}, streams of ' & {job}"
