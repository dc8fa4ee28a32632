"""The machines of a workload's steps."""

from typing import ClassVar

from pydantic import Field, field_validator

from settings import instance_types
from settings.schema import Finding, Section, rejected

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


class Preparation(ProcessingInstances):
    """What prepares the data: its machine, and what the workload's prepare.py is told."""

    parameters: Parameters = Field(
        default_factory=dict,
        description="a mapping of prepare.py's arguments, with underscores for dashes, to text or numbers",
    )
