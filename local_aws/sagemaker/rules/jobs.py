"""Rules for training, processing and transform jobs."""

from typing import Any

from local_aws.images.catalogue import Image
from local_aws.sagemaker import store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.kinds import MODEL, PROCESSING_JOB, TRAINING_JOB, TRANSFORM_JOB, Kind
from local_aws.sagemaker.rules import shared

_PROCESSING_ROOT = "/opt/ml/processing"
_LARGEST_PAYLOAD_MB = 100
_SCRIPT_HYPERPARAMETER = "sagemaker_program"
_JOINABLE = ("text/csv", "application/json", "application/jsonlines")


def check_training_job(params: dict[str, Any]) -> Image:
    """Every rule for CreateTrainingJob; returns the image it is to run."""
    name_is_free(TRAINING_JOB, params["TrainingJobName"])
    resources_are_given(params)
    image = training_image_is_given(params)
    metric_definitions_are_allowed(params, image)
    shared.role_can_be_assumed(params["RoleArn"])
    waiting_time_fits_spot(params)
    inputs = params.get("InputDataConfig", [])
    shared.names_are_unique((item["ChannelName"] for item in inputs), "ChannelName")
    for item in inputs:
        channel_is_supported(item, params["AlgorithmSpecification"]["TrainingInputMode"])
    resources = params["ResourceConfig"]
    shared.volume_key_fits_instance(
        resources["InstanceType"], resources.get("VolumeKmsKeyId"), "VolumeKmsKeyId"
    )
    return image


def check_processing_job(params: dict[str, Any]) -> None:
    """Every rule for CreateProcessingJob."""
    name_is_free(PROCESSING_JOB, params["ProcessingJobName"])
    entrypoint_is_given(params, shared.image_is_known(params["AppSpecification"]["ImageUri"]))
    shared.role_can_be_assumed(params["RoleArn"])
    inputs = params.get("ProcessingInputs", [])
    outputs = params.get("ProcessingOutputConfig", {}).get("Outputs", [])
    shared.names_are_unique((item["InputName"] for item in inputs), "InputName")
    shared.names_are_unique((item["OutputName"] for item in outputs), "OutputName")
    for item in inputs:
        processing_source_is_supported(item)
    for item in outputs:
        processing_target_is_supported(item)
    cluster = params["ProcessingResources"]["ClusterConfig"]
    shared.volume_key_fits_instance(
        cluster.get("InstanceType", ""), cluster.get("VolumeKmsKeyId"), "VolumeKmsKeyId"
    )


def check_transform_job(params: dict[str, Any]) -> None:
    """Every rule for CreateTransformJob."""
    name_is_free(TRANSFORM_JOB, params["TransformJobName"])
    store.get(MODEL, params["ModelName"])
    strategy_fits_split(params)
    payload_is_within_limits(params)
    transform_input_is_supported(params)
    join_is_possible(params)
    resources = params["TransformResources"]
    shared.volume_key_fits_instance(
        resources["InstanceType"], resources.get("VolumeKmsKeyId"), "VolumeKmsKeyId"
    )


def name_is_free(kind: Kind, name: str) -> None:
    """No job of that name exists; job names are never free again."""
    if store.find(kind, name) is not None:
        raise kind.already_exists(name)


def resources_are_given(params: dict[str, Any]) -> None:
    """A training job needs instances to run on."""
    resources = params.get("ResourceConfig") or {}
    if "InstanceType" not in resources or "InstanceCount" not in resources:
        raise validation_error("ResourceConfig with InstanceType and InstanceCount must be specified.")


def training_image_is_given(params: dict[str, Any]) -> Image:
    """The algorithm is an image that can train, or one with an entry point given; returns the image."""
    specification = params.get("AlgorithmSpecification") or {}
    if ("TrainingImage" in specification) == ("AlgorithmName" in specification):
        raise validation_error(
            "AlgorithmSpecification must contain exactly one of TrainingImage and AlgorithmName."
        )
    if "AlgorithmName" in specification:
        raise validation_error(
            "AlgorithmName names an algorithm resource, which this AWS does not have; give a TrainingImage."
        )
    image = shared.image_is_known(specification["TrainingImage"])
    if image.train is None and "ContainerEntrypoint" not in specification:
        raise validation_error(f"Image {image.name} has no training entry point; give a ContainerEntrypoint.")
    return image


def metric_definitions_are_allowed(params: dict[str, Any], image: Image) -> None:
    """The built-in algorithms define their own metrics; a script that runs in their image may add some."""
    script = _SCRIPT_HYPERPARAMETER in params.get("HyperParameters", {})
    if image.metrics and not script and params["AlgorithmSpecification"].get("MetricDefinitions"):
        raise validation_error(
            "You can't override the metric definitions for Amazon SageMaker algorithms. "
            "Please retry your request without specifying metric definitions."
        )


def waiting_time_fits_spot(params: dict[str, Any]) -> None:
    """Who waits for spot capacity says how long, the training itself included; others don't wait."""
    condition = params.get("StoppingCondition") or {}
    wait, runtime = condition.get("MaxWaitTimeInSeconds"), condition.get("MaxRuntimeInSeconds", 24 * 3600)
    if params.get("EnableManagedSpotTraining"):
        if wait is None or wait < runtime:
            raise validation_error(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                "MaxRuntimeInSeconds"
            )
    elif wait is not None:
        raise validation_error(
            "Invalid MaxWaitTimeInSeconds. It can be given only if EnableManagedSpotTraining is true."
        )


def channel_is_supported(item: dict[str, Any], job_mode: str) -> None:
    """A channel has an S3 source, and a mode and a format that can be brought into a folder."""
    source = item["DataSource"].get("S3DataSource")
    if source is None:
        raise validation_error(f"Channel '{item['ChannelName']}': only S3DataSource is supported here.")
    mode = item.get("InputMode", job_mode)
    if mode == "Pipe" or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise validation_error(
            f"Channel '{item['ChannelName']}': InputMode {mode} with S3DataType {source['S3DataType']} is "
            "not "
            "supported here; use File or FastFile with S3Prefix or ManifestFile."
        )


def entrypoint_is_given(params: dict[str, Any], image: Image) -> None:
    """A processing image runs what the job says, unless it has an entry point of its own."""
    if image.process is None and not params["AppSpecification"].get("ContainerEntrypoint"):
        raise validation_error(
            f"Image {params['AppSpecification']['ImageUri']} has no entry point; give AppSpecification a "
            "ContainerEntrypoint."
        )


def processing_source_is_supported(item: dict[str, Any]) -> None:
    """A processing input is an S3 input with a path below /opt/ml/processing."""
    source = item.get("S3Input")
    if source is None:
        raise validation_error(f"ProcessingInput '{item['InputName']}': only S3Input is supported here.")
    _local_path_is_allowed(source, f"ProcessingInput '{item['InputName']}'")
    if source.get("S3InputMode", "File") != "File":
        raise validation_error(
            f"ProcessingInput '{item['InputName']}': only S3InputMode File is supported here."
        )


def processing_target_is_supported(item: dict[str, Any]) -> None:
    """A processing output is an S3 output with a path below /opt/ml/processing."""
    target = item.get("S3Output")
    if target is None:
        raise validation_error(f"ProcessingOutput '{item['OutputName']}': only S3Output is supported here.")
    _local_path_is_allowed(target, f"ProcessingOutput '{item['OutputName']}'")


def strategy_fits_split(params: dict[str, Any]) -> None:
    """Records can be batched only if the input is split into records."""
    if "BatchStrategy" in params and params["TransformInput"].get("SplitType", "None") == "None":
        raise validation_error(
            f"BatchStrategy {params['BatchStrategy']} requires a SplitType of Line, RecordIO or TFRecord."
        )


def payload_is_within_limits(params: dict[str, Any]) -> None:
    """MaxPayloadInMB x MaxConcurrentTransforms must not exceed 100 MB."""
    payload = params.get("MaxPayloadInMB", 6)
    concurrent = params.get("MaxConcurrentTransforms", 1)
    if payload > _LARGEST_PAYLOAD_MB or ("MaxConcurrentTransforms" in params and payload * concurrent > 100):
        raise validation_error(
            f"MaxPayloadInMB ({payload}) times MaxConcurrentTransforms ({concurrent}) must not exceed "
            f"{_LARGEST_PAYLOAD_MB} MB."
        )


def transform_input_is_supported(params: dict[str, Any]) -> None:
    """The input is an S3 prefix or a manifest, taken whole or line by line."""
    data_type = params["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"]
    split = params["TransformInput"].get("SplitType", "None")
    if data_type not in ("S3Prefix", "ManifestFile") or split not in ("None", "Line"):
        raise validation_error(
            f"S3DataType {data_type} with SplitType {split} is not supported here; use S3Prefix or "
            "ManifestFile "
            "with None or Line."
        )


def join_is_possible(params: dict[str, Any]) -> None:
    """Joining the input with the predictions needs records of a known text format."""
    if params.get("DataProcessing", {}).get("JoinSource", "None") == "None":
        return
    kind = params["TransformInput"].get("ContentType", "").partition(";")[0].strip()
    if kind not in _JOINABLE:
        raise validation_error(
            f"JoinSource Input requires a ContentType of {', '.join(_JOINABLE)}, not '{kind}'."
        )


def _local_path_is_allowed(channel: dict[str, Any], what: str) -> None:
    path = channel.get("LocalPath", "")
    if not (path == _PROCESSING_ROOT or path.startswith(f"{_PROCESSING_ROOT}/")) or ".." in path.split("/"):
        raise validation_error(f"{what}: LocalPath '{path}' must be a path below {_PROCESSING_ROOT}.")
