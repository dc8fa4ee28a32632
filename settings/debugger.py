"""SageMaker Debugger's report on an XGBoost training job."""

from pydantic import Field

from settings.algorithm_version import AlgorithmVersion
from settings.errors import not_allowed
from settings.schema import Finding, Section

_ALGORITHM = "xgboost"
_VERSIONS_WITH_HOOK = ("1.5-1", "1.7-1")
"""Later images leave Debugger's hook out: https://github.com/aws/sagemaker-xgboost-container"""


class Debugger(Section):
    """The rule CreateXgboostReport, which writes a report while a training job runs.

    https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-training-xgboost-report-estimator.html
    """

    save_interval: int = Field(
        default=5, ge=1, description="every how many rounds tensors are saved, a whole number of at least 1"
    )

    def findings(self, algorithm: AlgorithmVersion) -> list[Finding]:
        """Say why the rule can't report on a training of this algorithm."""
        if algorithm.name == _ALGORITHM and algorithm.version in _VERSIONS_WITH_HOOK and not algorithm.script:
            return []
        allowed = f"Debugger's hook is in the built-in {_ALGORITHM} {' and '.join(_VERSIONS_WITH_HOOK)} only"
        return [Finding(("debugger",), not_allowed(f"{algorithm.name} {algorithm.version}", allowed))]
