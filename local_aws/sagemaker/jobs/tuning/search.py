"""Which values to try next: random ones, or what the results so far promise.

AWS's Bayesian search is built on Gaussian processes; here it is optuna's tree-structured Parzen estimator,
which draws the first ten at random.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from local_aws.sagemaker.jobs.tuning.ranges import CategoricalRange, Drawn, IntegerRange, Range

if TYPE_CHECKING:
    import optuna


class Search:
    """The search of one tuning job: the same seed and the same results give the same values."""

    def __init__(self, name: str, config: Mapping[str, Any], ranges: Sequence[Range], goal: str) -> None:
        # Imported once a job is tuned: it takes a third of a second and 30 MB.
        import optuna  # noqa: PLC0415

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = config.get("RandomSeed", zlib.crc32(name.encode())) % 2**32
        self._ranges = ranges
        self._distributions = {item.name: _distribution(item) for item in ranges}
        self._trials: dict[str, optuna.Trial] = {}
        self._study = optuna.create_study(
            direction=goal.lower(),
            sampler=optuna.samplers.RandomSampler(seed)
            if config["Strategy"] == "Random"
            else optuna.samplers.TPESampler(seed=seed, constant_liar=True),
        )

    def remember(self, hyperparameters: Mapping[str, str], result: float) -> None:
        """Take in what a former job's training job reached; one outside of the ranges tells nothing."""
        import optuna  # noqa: PLC0415

        drawn: dict[str, Drawn] = {}
        for item in self._ranges:
            value = item.drawn(hyperparameters.get(item.name, ""))
            if value is None:
                return
            drawn[item.name] = value
        self._study.add_trial(
            optuna.trial.create_trial(params=drawn, distributions=self._distributions, value=result)
        )

    def next(self, training_job: str) -> dict[str, str]:
        """The hyperparameters to try next, for the training job of that name."""
        trial = self._study.ask(self._distributions)
        self._trials[training_job] = trial
        return {item.name: item.text(trial.params[item.name]) for item in self._ranges}

    def tell(self, training_job: str, result: float | None) -> None:
        """Take in what a training job reached; None if it reached nothing."""
        import optuna  # noqa: PLC0415

        trial = self._trials.pop(training_job)
        if result is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, result)


def _distribution(item: Range) -> "optuna.distributions.BaseDistribution":
    from optuna import distributions  # noqa: PLC0415

    if isinstance(item, CategoricalRange):
        return distributions.CategoricalDistribution(item.values)
    if isinstance(item, IntegerRange):
        return distributions.IntDistribution(item.low, item.high, log=item.logarithmic)
    return distributions.FloatDistribution(item.low, item.high, log=item.logarithmic)
