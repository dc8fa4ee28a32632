"""What the states that run a workload's jobs are made from."""

from dataclasses import dataclass
from typing import Any

from settings.environment import Environment
from settings.script_fit import CODE_CHANNEL
from settings.workload import Workload

PROCESSING = "/opt/ml/processing"
SUBMITTED_CODE = f"/opt/ml/input/data/{CODE_CHANNEL}"
SERVED_CODE = "/opt/ml/model/code"
CANDIDATE = "$run.name & '-candidate'"
"""A JSONata expression: the name of the model that a run is about."""


@dataclass(frozen=True, kw_only=True)
class JobParts:
    """What the jobs of a workload are made from.

    `code_uri` holds its scripts, `plotting_uri` the plotting library; both end in a slash.
    """

    workload: Workload
    environment: Environment
    code_uri: str
    plotting_uri: str

    @property
    def tags(self) -> list[dict[str, str]]:
        """What each of the workload's jobs is tagged with."""
        return workload_tags(self.workload, self.environment)

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


def workload_tags(workload: Workload, environment: Environment) -> list[dict[str, str]]:
    """What all that is made for a workload is tagged with; by the environment's tags its cost is told."""
    tags = {**environment.tags, "workload": workload.name}
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def capture_prefix(workload: Workload) -> str:
    """Where in the data bucket the endpoint's captured requests lie."""
    return f"captures/{workload.name}/"


def processing_input(name: str, uri: str, *, folder: str) -> dict[str, Any]:
    """A processing job's input: what lies at `uri` arrives in a folder of the container's `input`."""
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{PROCESSING}/input/{folder}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }


def processing_output(name: str, uri: str) -> dict[str, Any]:
    """A processing job's one output: what is in the container's `output` at the end."""
    target = {"S3Uri": uri, "LocalPath": f"{PROCESSING}/output", "S3UploadMode": "EndOfJob"}
    return {"KmsKeyId": "${KeyArn}", "Outputs": [{"OutputName": name, "S3Output": target}]}


def processing_cluster(
    *, instance_type: str, instance_count: int | str, volume_gb: int | str
) -> dict[str, Any]:
    """The machines of a processing job, as values or JSONata expressions."""
    return {
        "ClusterConfig": {
            "InstanceType": instance_type,
            "InstanceCount": instance_count,
            "VolumeSizeInGB": volume_gb,
            "VolumeKmsKeyId": "${KeyArn}",
        }
    }


def streams(log_group: str, job: str) -> str:
    """A JSONata expression that says where a job's log is."""
    return f"'log group /aws/sagemaker/{log_group}, streams of ' & {job}"
