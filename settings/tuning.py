"""How a tuning job searches for hyperparameters."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.errors import not_allowed
from settings.schema import Finding, Section, rejected

_SCALINGS = "scaling is Auto, Linear, Logarithmic or ReverseLogarithmic"
Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]


class _NumberRange(Section):
    scaling: Scaling = Field(default="Auto", description=_SCALINGS)
    minimum: int | float = Field(description="the range's lower end, a number")
    maximum: int | float = Field(description="the range's upper end, a number above minimum")

    @field_validator("maximum")
    @classmethod
    def _above_minimum(cls, maximum: float, info: ValidationInfo) -> float:
        minimum = info.data.get("minimum")
        if minimum is not None and maximum <= minimum:
            allowed = f"the range's maximum is above its minimum, {minimum}"
            raise rejected(Finding(("maximum",), not_allowed(maximum, allowed)))
        return maximum

    @field_validator("minimum", "maximum")
    @classmethod
    def _on_its_scale(cls, end: float, info: ValidationInfo) -> float:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html."""
        scaling = info.data.get("scaling")
        field = str(info.field_name)
        if scaling == "Logarithmic" and end <= 0:
            raise rejected(Finding((field,), not_allowed(end, "a Logarithmic range lies above 0")))
        if scaling == "ReverseLogarithmic" and not 0 <= end < 1:
            allowed = "a ReverseLogarithmic range lies from 0 to below 1"
            raise rejected(Finding((field,), not_allowed(end, allowed)))
        return end


class IntegerRange(_NumberRange):
    """Whole numbers from minimum to maximum, both included."""

    type: Literal["integer"]
    scaling: Literal["Auto", "Linear", "Logarithmic"] = Field(
        default="Auto", description="the scaling of whole numbers is Auto, Linear or Logarithmic"
    )
    minimum: int = Field(description="the range's lower end, a whole number")
    maximum: int = Field(description="the range's upper end, a whole number above minimum")


class ContinuousRange(_NumberRange):
    """Numbers from minimum to maximum."""

    type: Literal["continuous"]


class CategoricalRange(Section):
    """One of a few texts."""

    type: Literal["categorical"]
    values: tuple[str, ...] = Field(
        strict=False, min_length=1, max_length=30, description="a list of 1 to 30 texts to choose from"
    )


Range = Annotated[IntegerRange | ContinuousRange | CategoricalRange, Field(discriminator="type")]


class Objective(Section):
    """The metric that decides which training job was best."""

    metric: str = Field(
        min_length=1,
        max_length=255,
        description="the name of a metric that training logs, such as test:accuracy",
    )
    goal: Literal["Maximize", "Minimize"] = Field(description="the goal is Maximize or Minimize")


class WarmStart(Section):
    """Earlier tuning jobs to learn from.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
    """

    type: Literal["IdenticalDataAndAlgorithm", "TransferLearning"] = Field(
        description="the type is IdenticalDataAndAlgorithm or TransferLearning"
    )
    parents: tuple[Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$")], ...] = Field(
        strict=False, min_length=1, max_length=5, description="a list of 1 to 5 names of tuning jobs"
    )


class Tuning(Section):
    """A search by several training jobs; the best one's model goes on."""

    strategy: Literal["Random", "Bayesian"] = Field(description="the strategy is Random or Bayesian")
    max_jobs: int = Field(
        ge=1, le=100, description="the number of training jobs is a whole number from 1 to 100"
    )
    max_parallel_jobs: int = Field(
        ge=1, description="the number of training jobs at once, a whole number from 1 to max_jobs"
    )
    objective: Objective = Field(description="a mapping with metric and goal")
    ranges: dict[str, Range] = Field(
        min_length=1,
        description="a mapping of hyperparameters to ranges of type integer, continuous or categorical",
    )

    early_stopping: Literal["Off", "Auto"] = Field(
        default="Off", description="early_stopping is Off or Auto (ends jobs that won't win), in quotes"
    )
    warm_start: WarmStart | None = Field(
        default=None, description="a mapping with type and parents, or null to begin anew"
    )
    seed: int = Field(default=1, ge=0, description="the seed of the search, a whole number of at least 0")

    @field_validator("max_parallel_jobs")
    @classmethod
    def _not_above_all_jobs(cls, parallel: int, info: ValidationInfo) -> int:
        jobs = info.data.get("max_jobs")
        if jobs is not None and parallel > jobs:
            allowed = f"at most max_jobs, {jobs}, run at once"
            raise rejected(Finding(("max_parallel_jobs",), not_allowed(parallel, allowed)))
        return parallel
