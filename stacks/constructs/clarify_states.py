"""The states that let SageMaker Clarify look at the candidate model: bias by group, SHAP values."""

import hashlib
from typing import Any

from settings.clarify import Clarify
from stacks.constructs.arns import endpoint_log_group
from stacks.constructs.job_parts import (
    CANDIDATE,
    JobParts,
    processing_cluster,
    processing_input,
    processing_output,
    streams,
)
from stacks.constructs.run_records import read_document, write_document
from stacks.constructs.states import State, catch, expression, run_job, vpc_config

FAILING = "DeleteModelOfFailure"
SHAP_SEED = 1  # the same model and data give the same values


def shadow_endpoint_prefix(resource_name: str) -> str:
    """What the names of the endpoints begin with that Clarify makes to ask the model.

    AWS doesn't say how Clarify makes names of it. Its container for evaluations adds the model's name and the
    time, and cuts a prefix to 23 characters where all is too long: this one stays whole, and is still the
    workload's and environment's own.
    """
    return f"clarify-{hashlib.sha256(resource_name.encode()).hexdigest()[:8]}"


def shadow_log_groups(resource_name: str) -> str:
    """The log groups of those endpoints, as a pattern: SageMaker names each by its endpoint."""
    return endpoint_log_group(f"{shadow_endpoint_prefix(resource_name)}-*")


def clarify_states(parts: JobParts, clarify: Clarify, resource_name: str, following: str) -> dict[str, State]:
    """Begins with `ReadColumns`; leaves Clarify's results under `clarify/` of the run."""
    configuration = f"{parts.run_prefix} & 'clarify_configuration/analysis_config.json'"
    return {
        "ReadColumns": read_document(
            "ReadColumns",
            "DataBucket",
            f"'processed/{parts.workload.name}/' & $run.id & '/encoder/encoder.json'",
            assign={"columns": expression("$parse($states.result.Body).columns")},
            following="ConfigureClarify",
            failing=FAILING,
        ),
        "ConfigureClarify": write_document(
            "ConfigureClarify",
            configuration,
            _configuration(parts, clarify, resource_name),
            following="Clarify",
            failing=FAILING,
        ),
        "Clarify": _job(parts, clarify, following),
    }


def _configuration(parts: JobParts, clarify: Clarify, resource_name: str) -> dict[str, Any]:
    """The analysis configuration, by the schema that AWS documents and its SDK checks.

    https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html,
    https://github.com/aws/sagemaker-python-sdk/blob/fd9c479a8177/src/sagemaker/clarify.py
    """
    inference = parts.workload.inference
    return {
        "version": "1.0",
        "dataset_type": "text/csv",
        "headers": expression("$columns"),
        "label": clarify.label,
        "label_values_or_threshold": [clarify.positive_label],
        "probability_threshold": clarify.probability_threshold,
        "facet": [
            {"name_or_index": facet.column, "value_or_threshold": [facet.value]} for facet in clarify.facets
        ],
        "methods": {
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": "all"},
            "shap": {
                "num_samples": clarify.shap_samples,
                "agg_method": "mean_abs",
                "save_local_shap_values": True,
                "seed": SHAP_SEED,
            },
            "report": {"name": "report", "title": f"Clarify: {parts.workload.name}"},
        },
        "predictor": {
            "model_name": expression(CANDIDATE),
            "endpoint_name_prefix": shadow_endpoint_prefix(resource_name),
            "instance_type": expression("$run.instances.transform.instance_type"),
            "initial_instance_count": 1,
            "content_type": inference.content_type,
            "accept_type": inference.accept,
        },
    }


def _job(parts: JobParts, clarify: Clarify, following: str) -> State:
    seconds = clarify.max_runtime_minutes * 60
    return run_job(
        "createProcessingJob",
        {
            "ProcessingJobName": expression("$run.name & '-clarify'"),
            "RoleArn": "${ClarifyRoleArn}",
            "AppSpecification": {"ImageUri": "${ClarifyImage}"},
            "ProcessingInputs": [
                processing_input(
                    "analysis_config",
                    expression("$run.artifacts_uri & 'clarify_configuration/'"),
                    folder="config",
                ),
                processing_input("dataset", expression("$run.processed_uri & 'test/'"), folder="data"),
            ],
            "ProcessingOutputConfig": processing_output(
                "analysis_result", expression("$run.artifacts_uri & 'clarify'")
            ),
            "ProcessingResources": processing_cluster(
                instance_type=clarify.instance_type,
                instance_count=clarify.instance_count,
                volume_gb=clarify.volume_gb,
            ),
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            # It asks SageMaker for an endpoint, so it can't be cut off from the network.
            "NetworkConfig": {
                "EnableNetworkIsolation": False,
                "EnableInterContainerTrafficEncryption": True,  # of no effect where there is one instance
                **vpc_config(parts.environment),
            },
            "Tags": parts.tags,
        },
        max_runtime_seconds=seconds,
        catching=catch("Clarify", streams("ProcessingJobs", "$run.name & '-clarify'"), FAILING),
        following=following,
    )
