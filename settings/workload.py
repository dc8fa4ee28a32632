"""A workload: all that makes a model its own (`training_scripts/<name>/workload.yaml`)."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from settings import instance_types
from settings.algorithm_fit import channel_findings, static_findings, tuning_findings
from settings.errors import not_allowed, unknown
from settings.hyperparameters import ALGORITHMS, Algorithm
from settings.images import image_table
from settings.schema import Finding, Section, rejected
from settings.tuning import Tuning

MEDIA_TYPE = r"^[a-z]+/[A-Za-z0-9.+-]+(; ?[a-z_]+=[A-Za-z0-9.+-]+)*$"


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


class AlgorithmVersion(Section):
    """A built-in algorithm and the version of its image."""

    name: str = Field(description="the name of a built-in algorithm")
    version: str = Field(description="the version of the algorithm's image, as text in quotes")

    @property
    def specification(self) -> Algorithm:
        """What the algorithm takes."""
        return ALGORITHMS[self.name]

    @property
    def repository(self) -> str:
        """The repository of its image, which `settings.images` knows by region."""
        return self.specification.repository

    @field_validator("name")
    @classmethod
    def _known_algorithm(cls, name: str) -> str:
        if name not in ALGORITHMS:
            raise rejected(Finding(("name",), unknown("algorithm", name, list(ALGORITHMS))))
        return name

    @field_validator("version")
    @classmethod
    def _known_version(cls, version: str, info: ValidationInfo) -> str:
        name = info.data.get("name")
        tags = image_table()[ALGORITHMS[name].repository].tags if name else (version,)
        if version not in tags:
            raise rejected(Finding(("version",), not_allowed(version, f"{name} has {', '.join(tags)}")))
        return version


class Instances(Section):
    """Machines; `use` is what they are used for."""

    use: ClassVar[instance_types.Use]

    instance_type: str = Field(description="an instance type of SageMaker's such as ml.m5.large")
    instance_count: int = Field(default=1, ge=1, description="the number of instances, at least 1")

    @field_validator("instance_type")
    @classmethod
    def _known_instance_type(cls, instance_type: str) -> str:
        problems = instance_types.problems(cls.use, instance_type)
        if problems:
            raise rejected(*(Finding(("instance_type",), problem) for problem in problems))
        return instance_type


class TrainingInstances(Instances):
    """What a training job runs on."""

    use: ClassVar[instance_types.Use] = "training"

    volume_gb: int = Field(default=10, ge=1, le=16384, description="the disk of an instance is 1 to 16384 GB")
    max_runtime_minutes: int = Field(
        default=60, ge=1, le=28 * 24 * 60, description="a training job runs for 1 to 40320 minutes (28 days)"
    )


class ProcessingInstances(Instances):
    """What a processing job runs on."""

    use: ClassVar[instance_types.Use] = "processing"

    instance_count: int = Field(
        default=1, ge=1, le=100, description="the number of instances of a processing job is 1 to 100"
    )
    volume_gb: int = Field(default=10, ge=1, le=16384, description="the disk of an instance is 1 to 16384 GB")
    max_runtime_minutes: int = Field(
        default=30, ge=1, le=9 * 24 * 60, description="a processing job runs for 1 to 12960 minutes (9 days)"
    )


class TransformInstances(Instances):
    """What a batch transform job runs on."""

    use: ClassVar[instance_types.Use] = "transform"


class Channel(Section):
    """What a training job gets under one name: the processed data's folder of that name."""

    content_type: str = Field(
        pattern=MEDIA_TYPE, description="the media type of the channel's files, such as text/csv;label_size=1"
    )
    distribution: Literal["FullyReplicated", "ShardedByS3Key"] = Field(
        default="FullyReplicated",
        description="FullyReplicated gives every instance all files, ShardedByS3Key each a share",
    )


ChannelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Inference(Section):
    """The formats of requests and answers: in batch transform, at the endpoint, and in the registry."""

    content_type: str = Field(
        pattern=MEDIA_TYPE, description="the media type of the requests, such as text/csv"
    )
    accept: str = Field(
        pattern=MEDIA_TYPE, description="the media type of the answers, such as application/jsonlines"
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


class Serverless(Section):
    """An endpoint that runs only while it is asked."""

    type: Literal["serverless"]
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = Field(
        description="serverless memory is 1024, 2048, 3072, 4096, 5120 or 6144 MB"
    )
    max_concurrency: int = Field(
        ge=1, le=200, description="a serverless endpoint answers 1 to 200 requests at once"
    )


class RealTime(Instances):
    """An endpoint on instances that always run."""

    use: ClassVar[instance_types.Use] = "hosting"

    type: Literal["real_time"]


Serving = Annotated[Serverless | RealTime, Field(discriminator="type")]


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
    preparation: ProcessingInstances = Field(description="a mapping with the preparation job's instance_type")
    evaluation: ProcessingInstances = Field(description="a mapping with the evaluation job's instance_type")
    transform: TransformInstances = Field(description="a mapping with the transform job's instance_type")
    inference: Inference = Field(description="a mapping with content_type and accept")
    gate: Gate = Field(description="a mapping with metric, metric_group and either minimum or maximum")
    serving: Serving = Field(description="a mapping whose type is serverless or real_time")

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
        found = static_findings(algorithm.name, values, tuned)
        if tuning:
            found += tuning_findings(algorithm.name, values, tuning)
        if found:
            raise rejected(*found)
        return values

    @field_validator("channels")
    @classmethod
    def _channels_of_the_algorithm(
        cls, channels: dict[ChannelName, Channel], info: ValidationInfo
    ) -> dict[ChannelName, Channel]:
        if "algorithm" in info.data:
            media_types = {name: channel.content_type for name, channel in channels.items()}
            found = channel_findings(info.data["algorithm"].name, media_types, info.data.get("tuning"))
            if found:
                raise rejected(*found)
        return channels

    @field_validator("inference")
    @classmethod
    def _formats_of_the_algorithm(cls, inference: Inference, info: ValidationInfo) -> Inference:
        algorithm: AlgorithmVersion | None = info.data.get("algorithm")
        if algorithm is None:
            return inference
        found = [
            Finding(
                ("inference", field), not_allowed(media_type, f"{algorithm.name} {verb} {', '.join(known)}")
            )
            for field, media_type, verb, known in (
                ("content_type", inference.content_type, "reads", algorithm.specification.requests),
                ("accept", inference.accept, "answers with", algorithm.specification.answers),
            )
            if media_type.partition(";")[0] not in known
        ]
        if found:
            raise rejected(*found)
        return inference
