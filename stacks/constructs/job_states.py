"""The jobs around training - scripts of the workload, batch predictions - as states that run them."""

from collections.abc import Mapping
from typing import Any, Literal

from stacks.constructs.job_parts import (
    CANDIDATE,
    PROCESSING,
    JobParts,
    processing_cluster,
    processing_input,
    processing_output,
    streams,
)
from stacks.constructs.states import State, catch, expression, run_job, vpc_config

TRANSFORM_SECONDS = 2 * 60 * 60  # a transform job has no stopping condition of its own


def processing_job(
    script: str,
    parts: JobParts,
    *,
    stage: Literal["preparation", "evaluation"],
    inputs: dict[str, str],
    output: str,
    following: str,
    parameters: Mapping[str, str | int | float] | None = None,
    plots: bool = False,
) -> State:
    """Run one of the workload's scripts; each input arrives under the argument of its name.

    One that `plots` can import the plotting library.
    """
    arguments = [part for name in inputs for part in (f"--{name}", f"{PROCESSING}/input/{name}")]
    for name, value in (parameters or {}).items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    plotting = {"plotting": parts.plotting_uri} if plots else {}
    sources = {"code": parts.code_uri, **plotting, **inputs}
    machines = f"$run.instances.{stage}"
    seconds = getattr(parts.workload, stage).max_runtime_minutes * 60
    return run_job(
        "createProcessingJob",
        script_request(
            parts,
            name=f"$run.name & '-{script}'",
            entrypoint=["python3", f"{PROCESSING}/input/code/{script}.py"],
            arguments=arguments,
            variables={"PYTHONPATH": f"{PROCESSING}/input/plotting"} if plots else {},
            sources=sources,
            output=output,
            cluster=processing_cluster(
                instance_type=expression(f"{machines}.instance_type"),
                instance_count=expression(f"{machines}.instance_count"),
                volume_gb=expression(f"{machines}.volume_gb"),
            ),
            seconds=seconds,
        ),
        max_runtime_seconds=seconds,
        catching=catch(
            script.capitalize(), streams("ProcessingJobs", f"$run.name & '-{script}'"), "NotifyFailure"
        ),
        following=following,
    )


def script_request(
    parts: JobParts,
    *,
    name: str,
    entrypoint: list[str],
    arguments: list[str],
    variables: Mapping[str, str],
    sources: Mapping[str, str],
    output: str,
    cluster: Mapping[str, Any],
    seconds: int,
) -> dict[str, Any]:
    """What asks for a processing job that runs Python in the scripts' image, without a network.

    `name` is a JSONata expression; each source arrives in the folder of its name, and the script is told
    where to leave its output.
    """
    return {
        "ProcessingJobName": expression(name),
        "RoleArn": "${ProcessingRoleArn}",
        "AppSpecification": {
            "ImageUri": "${ProcessingImage}",
            "ContainerEntrypoint": entrypoint,
            "ContainerArguments": [*arguments, "--output", f"{PROCESSING}/output"],
        },
        **({"Environment": dict(variables)} if variables else {}),
        "ProcessingInputs": [processing_input(each, uri, folder=each) for each, uri in sources.items()],
        "ProcessingOutputConfig": processing_output("output", output),
        "ProcessingResources": dict(cluster),
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
        "NetworkConfig": {
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": True,  # of no effect where there is one instance
            **vpc_config(parts.environment),
        },
        "Tags": parts.tags,
    }


def transform_job(parts: JobParts, following: str) -> State:
    """Predict the test set as a batch; the label, its first column, is filtered out."""
    inference = parts.workload.inference
    return run_job(
        "createTransformJob",
        {
            "TransformJobName": expression("$run.name & '-transform'"),
            "ModelName": expression(CANDIDATE),
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
                "Accept": inference.test_accept or inference.accept,
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
            "Transform", streams("TransformJobs", "$run.name & '-transform'"), "DeleteModelOfFailure"
        ),
        following=following,
    )
