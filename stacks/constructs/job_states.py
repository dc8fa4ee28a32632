"""The jobs of a training state machine, as the states that run them to their end."""

from dataclasses import dataclass
from typing import Literal

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.states import State, catch, expression, run_job, vpc_config

TRANSFORM_SECONDS = 2 * 60 * 60  # a transform job has no stopping condition of its own
PROCESSING = "/opt/ml/processing"


@dataclass(frozen=True, kw_only=True)
class JobParts:
    """What the jobs of a workload are made from; `code_uri` holds its scripts and ends in a slash."""

    workload: Workload
    environment: Environment
    code_uri: str

    @property
    def tags(self) -> list[dict[str, str]]:
        """What each of the workload's jobs and models is tagged with."""
        return [{"Key": "workload", "Value": self.workload.name}]


def processing_job(
    script: str,
    parts: JobParts,
    *,
    stage: Literal["preparation", "evaluation"],
    inputs: dict[str, str],
    output: str,
    following: str,
) -> State:
    """Run one of the workload's scripts; each input arrives under the argument of its name."""
    arguments = [part for name in inputs for part in (f"--{name}", f"{PROCESSING}/input/{name}")]
    sources = {"code": parts.code_uri, **inputs}
    seconds = getattr(parts.workload, stage).max_runtime_minutes * 60
    return run_job(
        "createProcessingJob",
        {
            "ProcessingJobName": expression(f"$run.name & '-{script}'"),
            "RoleArn": "${ProcessingRoleArn}",
            "AppSpecification": {
                "ImageUri": "${ProcessingImage}",
                "ContainerEntrypoint": ["python3", f"{PROCESSING}/input/code/{script}.py"],
                "ContainerArguments": [*arguments, "--output", f"{PROCESSING}/output"],
            },
            "ProcessingInputs": [
                {
                    "InputName": name,
                    "S3Input": {
                        "S3Uri": uri,
                        "LocalPath": f"{PROCESSING}/input/{name}",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
                for name, uri in sources.items()
            ],
            "ProcessingOutputConfig": {
                "KmsKeyId": "${KeyArn}",
                "Outputs": [
                    {
                        "OutputName": "output",
                        "S3Output": {
                            "S3Uri": output,
                            "LocalPath": f"{PROCESSING}/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ],
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": expression(f"$run.instances.{stage}.instance_type"),
                    "InstanceCount": expression(f"$run.instances.{stage}.instance_count"),
                    "VolumeSizeInGB": expression(f"$run.instances.{stage}.volume_gb"),
                    "VolumeKmsKeyId": "${KeyArn}",
                }
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            "NetworkConfig": {"EnableNetworkIsolation": True, **vpc_config(parts.environment)},
            "Tags": parts.tags,
        },
        max_runtime_seconds=seconds,
        catching=catch(
            script.capitalize(), _streams("ProcessingJobs", f"$run.name & '-{script}'"), "NotifyFailure"
        ),
        following=following,
    )


def training_job(parts: JobParts, following: str) -> State:
    """Train the algorithm on the channels of the prepared data."""
    seconds = parts.workload.training.max_runtime_minutes * 60
    return run_job(
        "createTrainingJob",
        {
            "TrainingJobName": expression("$run.name & '-train'"),
            "RoleArn": "${TrainingRoleArn}",
            "AlgorithmSpecification": {"TrainingImage": "${AlgorithmImage}", "TrainingInputMode": "File"},
            "HyperParameters": expression("$run.hyperparameters"),
            "InputDataConfig": [
                {
                    "ChannelName": name,
                    "ContentType": channel.content_type,
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": expression(f"$run.processed_uri & '{name}/'"),
                            "S3DataDistributionType": channel.distribution,
                        }
                    },
                }
                for name, channel in parts.workload.channels.items()
            ],
            "OutputDataConfig": {
                "S3OutputPath": expression("$run.artifacts_uri & 'model'"),
                "KmsKeyId": "${KeyArn}",
            },
            "ResourceConfig": {
                "InstanceType": expression("$run.instances.training.instance_type"),
                "InstanceCount": expression("$run.instances.training.instance_count"),
                "VolumeSizeInGB": expression("$run.instances.training.volume_gb"),
                "VolumeKmsKeyId": "${KeyArn}",
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            "EnableNetworkIsolation": True,
            **vpc_config(parts.environment),
            "Tags": parts.tags,
        },
        max_runtime_seconds=seconds,
        assign={"model_data_url": expression("$states.result.ModelArtifacts.S3ModelArtifacts")},
        catching=catch("Train", _streams("TrainingJobs", "$run.name & '-train'"), "NotifyFailure"),
        following=following,
    )


def transform_job(parts: JobParts, following: str) -> State:
    """Predict the test set as a batch; the label, its first column, is filtered out."""
    inference = parts.workload.inference
    return run_job(
        "createTransformJob",
        {
            "TransformJobName": expression("$run.name & '-transform'"),
            "ModelName": expression("$run.name & '-candidate'"),
            "BatchStrategy": "MultiRecord",
            "DataProcessing": {"InputFilter": "$[1:]"},
            "TransformInput": {
                "ContentType": inference.content_type,
                "SplitType": "Line",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": expression("$run.processed_uri & 'test/'"),
                    }
                },
            },
            "TransformOutput": {
                "Accept": inference.accept,
                "AssembleWith": "Line",
                "S3OutputPath": expression("$run.artifacts_uri & 'transform'"),
                "KmsKeyId": "${KeyArn}",
            },
            "TransformResources": {
                "InstanceType": expression("$run.instances.transform.instance_type"),
                "InstanceCount": expression("$run.instances.transform.instance_count"),
                "VolumeKmsKeyId": "${KeyArn}",
            },
            "Tags": parts.tags,
        },
        max_runtime_seconds=TRANSFORM_SECONDS,
        catching=catch(
            "Transform", _streams("TransformJobs", "$run.name & '-transform'"), "DeleteModelOfFailure"
        ),
        following=following,
    )


def _streams(log_group: str, job: str) -> str:
    return f"'log group /aws/sagemaker/{log_group}, streams of ' & {job}"
