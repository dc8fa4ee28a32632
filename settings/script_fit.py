"""What of a workload's tuning and channels doesn't fit a training script of its own."""

from collections.abc import Collection, Mapping

from settings.errors import not_allowed, unknown
from settings.schema import Finding
from settings.tuning import Tuning

CODE_CHANNEL = "code"
"""Where the script itself arrives: without a network, it can't be fetched from S3."""


def script_tuning_findings(
    metrics: Mapping[str, str], values: Mapping[str, str | int | float], tuning: Tuning
) -> list[Finding]:
    """Say what of a tuning doesn't fit the metrics of the script, or the hyperparameters that are set."""
    found = []
    if tuning.objective.metric not in metrics:
        problem = unknown("metric", tuning.objective.metric, list(metrics))
        found.append(Finding(("tuning", "objective", "metric"), problem))
    for name in tuning.ranges:
        if name in values:
            allowed = f"a hyperparameter is tuned or set, not both, and hyperparameters.{name} sets it"
            found.append(Finding(("tuning", "ranges", name), not_allowed(values[name], allowed)))
    return found


def script_channel_findings(channels: Collection[str]) -> list[Finding]:
    """Say which of the channels, by name, a script can't have."""
    if CODE_CHANNEL not in channels:
        return []
    allowed = "the script itself arrives in the channel of this name"
    return [Finding(("channels", CODE_CHANNEL), not_allowed(CODE_CHANNEL, allowed))]
