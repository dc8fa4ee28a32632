"""The machines of a workload's steps."""

from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator

from settings import instance_types
from settings.errors import not_allowed
from settings.schema import Finding, Section, rejected

MOST_MB_AT_ONCE = 100

Parameters = dict[str, str | int | float]


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


class HostingInstances(Instances):
    """What an endpoint runs on."""

    use: ClassVar[instance_types.Use] = "hosting"


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

    max_payload_mb: int = Field(default=6, ge=1, le=100, description="a request of a batch is 1 to 100 MB")
    max_concurrency: int = Field(
        default=2, ge=1, le=100, description="an instance is sent 1 to 100 requests at once"
    )

    @field_validator("max_concurrency")
    @classmethod
    def _not_above_what_an_instance_holds(cls, concurrency: int, info: ValidationInfo) -> int:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html."""
        payload = info.data.get("max_payload_mb")
        if payload is not None and payload * concurrency > MOST_MB_AT_ONCE:
            allowed = f"max_payload_mb ({payload}) times max_concurrency is at most {MOST_MB_AT_ONCE}"
            raise rejected(Finding(("max_concurrency",), not_allowed(concurrency, allowed)))
        return concurrency


class Preparation(ProcessingInstances):
    """What prepares the data: its machine, and what the workload's prepare.py is told."""

    parameters: Parameters = Field(
        default_factory=dict,
        description="a mapping of prepare.py's arguments, with underscores for dashes, to text or numbers",
    )
