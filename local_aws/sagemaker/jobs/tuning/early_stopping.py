"""Early stopping `Auto`: a training job is stopped once the others promise more.

AWS's rule, as documented: its last value is worse than the median of the running averages that the ended
training jobs had at the same step. AWS doesn't tell after how many ended jobs the rule begins; here it is
after three.
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-early-stopping.html
"""

from collections.abc import Sequence
from statistics import fmean, median

_FEWEST_ENDED = 3


def falls_behind(values: Sequence[float], ended: Sequence[Sequence[float]], goal: str) -> bool:
    """Whether a training job with these values so far should be stopped, given those of the ended ones."""
    steps = len(values)
    averages = [fmean(other[:steps]) for other in ended if steps and len(other) >= steps]
    if len(averages) < _FEWEST_ENDED:
        return False
    bar = median(averages)
    return values[-1] < bar if goal == "Maximize" else values[-1] > bar
