"""A workload: all that makes a model its own (`training_scripts/<name>/workload.yaml`)."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator

from settings.algorithm_fit import channel_findings, static_findings, tuning_findings
from settings.algorithm_version import AlgorithmVersion
from settings.channels import MEDIA_TYPE, Channel, ChannelName
from settings.clarify import Clarify
from settings.columns import ALLOWED, Columns
from settings.debugger import Debugger
from settings.errors import not_allowed
from settings.instances import (
    Preparation,
    ProcessingInstances,
    TrainingInstances,
    TransformInstances,
)
from settings.monitoring import Monitoring
from settings.retraining import Retraining
from settings.schema import Finding, Section, rejected
from settings.script_fit import script_channel_findings, script_tuning_findings
from settings.serving import RealTime, Serverless, Serving
from settings.tuning import Tuning


class DataFile(Section):
    """A file of raw data, as it lies in the data bucket after ingestion."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="the file's name without folders: letters, digits, dots, dashes and underscores",
    )
    source: str | None = Field(
        default=None,
        pattern=r"^(https://[A-Za-z0-9.-]+(:[0-9]+)?|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/\S+$",
        description="an address https://… or s3://bucket/key, or null for a file that is uploaded",
    )
    sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="the SHA-256 of the source as 64 lower-case hexadecimal digits, or null to check nothing",
    )


class Data(Section):
    """What a workload learns from."""

    files: tuple[DataFile, ...] = Field(
        strict=False,
        min_length=1,
        description="a list of at least one file, each with name, source and sha256",
    )

    @field_validator("files")
    @classmethod
    def _distinct_names(cls, files: tuple[DataFile, ...]) -> tuple[DataFile, ...]:
        names = [file.name for file in files]
        repeated = [index for index, name in enumerate(names) if name in names[:index]]
        if repeated:
            allowed = "each file has a name of its own"
            raise rejected(*(Finding(("files", i, "name"), not_allowed(names[i], allowed)) for i in repeated))
        return files


class Inference(Section):
    """The formats of requests and answers: in batch transform, at the endpoint, and in the registry."""

    content_type: str = Field(
        pattern=MEDIA_TYPE, description="the media type of the requests, such as text/csv"
    )
    accept: str = Field(
        pattern=MEDIA_TYPE, description="the media type of the answers, such as application/jsonlines"
    )
    test_accept: str | None = Field(
        default=None,
        pattern=MEDIA_TYPE,
        description="the media type of the answers for the test set, where evaluate.py wants to know more",
    )
    environment: dict[str, str] = Field(
        default_factory=dict,
        max_length=16,
        description="a mapping of environment variables of the model's container to text",
    )


class Gate(Section):
    """The metric that a model must reach to be registered."""

    metric: str = Field(
        pattern=r"^\w+$", description="the metric's name in evaluation.json, such as accuracy"
    )
    metric_group: str = Field(
        pattern=r"^\w+$",
        description="the metric's group in evaluation.json, such as multiclass_classification_metrics",
    )
    minimum: float | None = Field(default=None, description="the lowest value that passes, a number")
    maximum: float | None = Field(
        default=None, validate_default=True, description="the highest value that passes, a number"
    )
    largest_regression: float | None = Field(
        default=None,
        ge=0,
        description="by how much a model may be worse than the newest approved one, at least 0, or null",
    )

    @field_validator("maximum")
    @classmethod
    def _one_bound(cls, maximum: float | None, info: ValidationInfo) -> float | None:
        allowed = "a gate has exactly one of minimum and maximum"
        if "minimum" not in info.data:
            return maximum
        if info.data["minimum"] is not None and maximum is not None:
            raise rejected(Finding(("maximum",), not_allowed(maximum, f"minimum is set too: {allowed}")))
        if info.data["minimum"] is None and maximum is None:
            raise rejected(Finding(("minimum",), f"missing; {allowed}"))
        return maximum


class Workload(Section):
    """A model's whole road: its data, training, evaluation, gate and endpoint."""

    supplied: ClassVar[frozenset[str]] = frozenset({"folder"})

    name: str = Field(
        pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
        description=(
            "a workload's name is its folder's: lower-case letters and digits, in words joined by single "
            "underscores, starting with a letter"
        ),
    )
    description: str = Field(
        min_length=1, max_length=1024, description="what the model does, in 1 to 1024 characters"
    )
    folder: Path
    data: Data = Field(description="a mapping with files")
    algorithm: AlgorithmVersion = Field(description="a mapping with name and version")
    tuning: Tuning | None = Field(
        default=None,
        description="a mapping with strategy, max_jobs, max_parallel_jobs, objective and ranges, or null",
    )
    hyperparameters: dict[str, str | int | float] = Field(
        description="a mapping of the algorithm's hyperparameters to text or numbers"
    )
    training: TrainingInstances = Field(description="a mapping with the training job's instance_type")
    channels: dict[ChannelName, Channel] = Field(
        min_length=1,
        max_length=20,
        description="a mapping of 1 to 20 folders of the processed data to content_type and distribution",
    )
    columns: Columns = Field(
        default={},
        description=f"a mapping of the prepared files' columns, in order, the label's first; {ALLOWED}",
    )
    preparation: Preparation = Field(description="a mapping with the preparation job's instance_type")
    evaluation: ProcessingInstances = Field(description="a mapping with the evaluation job's instance_type")
    transform: TransformInstances = Field(description="a mapping with the transform job's instance_type")
    inference: Inference = Field(description="a mapping with content_type and accept")
    debugger: Debugger | None = Field(
        default=None, description="a mapping with save_interval for SageMaker Debugger's report, or null"
    )
    clarify: Clarify | None = Field(
        default=None,
        description="a mapping with label, facets and instance_type for Clarify, or null",
    )
    gate: Gate = Field(description="a mapping with metric, metric_group and either minimum or maximum")
    serving: Serving = Field(description="a mapping whose type is serverless or real_time")
    monitoring: Monitoring | None = Field(
        default=None, description="a mapping with every (hour or day) and instance_type, or null"
    )
    retraining: Retraining = Field(
        default_factory=Retraining, description="a mapping with on_new_data, on_drift and schedule"
    )

    @property
    def slug(self) -> str:
        """The name as SageMaker's names have it, with dashes."""
        return self.name.replace("_", "-")

    @property
    def pascal(self) -> str:
        """The name as CloudFormation's logical ids have it: `MysfitRecommender`."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @field_validator("hyperparameters")
    @classmethod
    def _hyperparameters_of_the_algorithm(
        cls, values: dict[str, str | int | float], info: ValidationInfo
    ) -> dict[str, str | int | float]:
        algorithm: AlgorithmVersion | None = info.data.get("algorithm")
        if algorithm is None:
            return values
        tuning: Tuning | None = info.data.get("tuning")
        tuned = frozenset(tuning.ranges) if tuning else frozenset()
        if "tuning" not in info.data:  # it was refused itself, so anything may be meant to be tuned
            tuned = frozenset(algorithm.specification.hyperparameters)
        if algorithm.script:
            found = script_tuning_findings(algorithm.metrics, values, tuning) if tuning else []
        else:
            found = static_findings(algorithm.name, values, tuned)
            found += tuning_findings(algorithm.name, values, tuning) if tuning else []
        if found:
            raise rejected(*found)
        return values

    @field_validator("channels")
    @classmethod
    def _channels_of_the_algorithm(
        cls, channels: dict[ChannelName, Channel], info: ValidationInfo
    ) -> dict[ChannelName, Channel]:
        if "algorithm" in info.data:
            algorithm: AlgorithmVersion = info.data["algorithm"]
            if algorithm.script:
                found = script_channel_findings(channels)
            else:
                found = channel_findings(algorithm.name, channels, info.data.get("tuning"))
            if found:
                raise rejected(*found)
        return channels

    @field_validator("inference")
    @classmethod
    def _formats_of_the_algorithm(cls, inference: Inference, info: ValidationInfo) -> Inference:
        algorithm: AlgorithmVersion | None = info.data.get("algorithm")
        if algorithm is None or algorithm.script:
            return inference
        found = [
            Finding(
                ("inference", field), not_allowed(media_type, f"{algorithm.name} {verb} {', '.join(known)}")
            )
            for field, media_type, verb, known in (
                ("content_type", inference.content_type, "reads", algorithm.specification.requests),
                ("accept", inference.accept, "answers with", algorithm.specification.answers),
                ("test_accept", inference.test_accept, "answers with", algorithm.specification.answers),
            )
            if media_type and media_type.partition(";")[0] not in known
        ]
        if found:
            raise rejected(*found)
        return inference

    @field_validator("clarify")
    @classmethod
    def _model_that_clarify_can_ask(cls, clarify: Clarify | None, info: ValidationInfo) -> Clarify | None:
        inference: Inference | None = info.data.get("inference")
        if clarify and inference:
            found = clarify.findings(inference.content_type, inference.accept)
            if found:
                raise rejected(*found)
        return clarify

    @field_validator("debugger")
    @classmethod
    def _algorithm_with_a_hook(cls, debugger: Debugger | None, info: ValidationInfo) -> Debugger | None:
        if debugger and "algorithm" in info.data:
            found = debugger.findings(info.data["algorithm"])
            if found:
                raise rejected(*found)
        return debugger

    @field_validator("monitoring")
    @classmethod
    def _endpoint_that_captures(
        cls, monitoring: Monitoring | None, info: ValidationInfo
    ) -> Monitoring | None:
        serving: Serverless | RealTime | None = info.data.get("serving")
        inference: Inference | None = info.data.get("inference")
        if monitoring and serving and inference:
            found = monitoring.findings(serving.type, inference.content_type)
            if found:
                raise rejected(*found)
        return monitoring

    @field_validator("retraining")
    @classmethod
    def _possible_unattended(cls, retraining: Retraining, info: ValidationInfo) -> Retraining:
        data: Data | None = info.data.get("data")
        sourceless = [file.name for file in data.files if file.source is None] if data else []
        watched = info.data.get("monitoring", True) is not None  # one that was refused itself counts
        found = retraining.findings(sourceless, watched=watched)
        if found:
            raise rejected(*found)
        return retraining
