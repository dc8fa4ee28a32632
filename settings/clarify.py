"""What SageMaker Clarify looks for in a trained model: bias by group, and what its answers rest on."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.errors import not_allowed, unknown
from settings.instances import ProcessingInstances
from settings.schema import Finding, Section, rejected

Metric = Literal["AD", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE"]
"""https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-post-training-bias.html

Without CDDPL and the flip test: these need a column of subgroups, or of neighbours, that isn't configured."""


class Facet(Section):
    """A group of people: those whose `column` has `value`."""

    column: str = Field(min_length=1, description="a column of the prepared data, such as sex_Female")
    value: int | float = Field(default=1, description="the value that the group has in the column, a number")


class BiasGate(Section):
    """The bias that a model may have at most, to be registered."""

    metric: Metric = Field(description=f"the metric is one of {', '.join(Metric.__args__)}")  # type: ignore[attr-defined]
    facet: str = Field(description="the column of one of the facets")
    largest: float = Field(ge=0, description="the largest value of the metric in either direction, a number")

    @property
    def name(self) -> str:
        """The metric's name among the evaluation's `bias_metrics`."""
        return f"{self.metric}_{self.facet}"


_READABLE = "text/csv"
"""Of answers in JSON, Clarify would have to be told where in them the prediction is."""


class Clarify(ProcessingInstances):
    """Bias before and after training, and SHAP values.

    https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-parameters.html
    """

    label: str = Field(min_length=1, description="the column of the prepared data that is predicted")
    positive_label: int | float = Field(default=1, description="the label's desired value, a number")
    probability_threshold: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="the probability from which a prediction is positive, above 0 and below 1",
    )
    facets: tuple[Facet, ...] = Field(
        strict=False, min_length=1, description="a list of at least one group, each with column and value"
    )
    shap_samples: int = Field(
        default=100, ge=1, description="how many samples SHAP draws for a prediction, at least 1"
    )
    gate: BiasGate | None = Field(default=None, description="a mapping with metric, facet, largest; or null")

    @staticmethod
    def findings(content_type: str, accept: str) -> list[Finding]:
        """Say why Clarify couldn't ask a model of these formats."""
        return [
            Finding(("inference", field), not_allowed(media_type, f"Clarify asks the model in {_READABLE}"))
            for field, media_type in (("content_type", content_type), ("accept", accept))
            if media_type.partition(";")[0] != _READABLE
        ]

    @field_validator("gate")
    @classmethod
    def _of_a_facet(cls, gate: BiasGate | None, info: ValidationInfo) -> BiasGate | None:
        columns = [facet.column for facet in info.data.get("facets", ())]
        if gate and columns and gate.facet not in columns:
            raise rejected(Finding(("gate", "facet"), unknown("facet", gate.facet, columns)))
        return gate
