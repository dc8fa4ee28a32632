"""What of a workload's hyperparameters, tuning and channels doesn't fit its algorithm."""

from collections.abc import Iterator, Mapping

from settings.channels import Channel
from settings.errors import not_allowed, unknown
from settings.hyperparameters import ALGORITHMS, Algorithm, Hyperparameter, check
from settings.schema import Finding
from settings.tuning import CategoricalRange, Objective, Range, Tuning

Values = Mapping[str, str | int | float]


def static_findings(algorithm: str, values: Values, tuned: frozenset[str]) -> list[Finding]:
    """Say what is wrong with the hyperparameters that are set, the others being tuned."""
    return [
        Finding(("hyperparameters", problem.name), problem.text)
        for problem in check(algorithm, values, tuned=tuned)
    ]


def tuning_findings(algorithm: str, values: Values, tuning: Tuning) -> list[Finding]:
    """Say what of a tuning doesn't fit the algorithm, or the hyperparameters that are set."""
    found = list(_objective(ALGORITHMS[algorithm], tuning.objective))
    for name, choice in tuning.ranges.items():
        found += [
            Finding(("tuning", "ranges", name, *path), problem)
            for path, problem in _range(ALGORITHMS[algorithm], name, choice, values)
        ]
    return found


def channel_findings(algorithm: str, channels: Mapping[str, Channel], tuning: Tuning | None) -> list[Finding]:
    """Say which channels are wrong or missing."""
    takes = ALGORITHMS[algorithm]
    found = [
        Finding(("channels", name), f"missing; {algorithm} needs it")
        for name in takes.required_channels
        if name not in channels
    ]
    for name, channel in channels.items():
        if name in takes.channels:
            found += [
                Finding(("channels", name, *path), problem)
                for path, problem in _channel(algorithm, name, channel)
            ]
        else:
            found.append(Finding(("channels", name), unknown("channel", name, takes.channels)))
    if tuning and tuning.objective.metric in takes.objectives:
        measured = tuning.objective.metric.partition(":")[0]
        if measured not in channels:
            allowed = f"{tuning.objective.metric}, which tuning is for, is measured on it"
            found.append(Finding(("channels", measured), f"missing; {allowed}"))
    return found


def _channel(algorithm: str, name: str, channel: Channel) -> Iterator[Finding]:
    takes = ALGORITHMS[algorithm]
    if channel.content_type.partition(";")[0] not in takes.channel_types:
        allowed = f"{algorithm} trains on {', '.join(takes.channel_types)}"
        yield Finding(("content_type",), not_allowed(channel.content_type, allowed))
    if name in takes.sharded_channels and channel.distribution != "ShardedByS3Key":
        allowed = f"{algorithm} trains on shares of the data: ShardedByS3Key"
        yield Finding(("distribution",), not_allowed(channel.distribution, allowed))


def _objective(algorithm: Algorithm, objective: Objective) -> Iterator[Finding]:
    goal = algorithm.objectives.get(objective.metric)
    if goal is None:
        problem = unknown("metric", objective.metric, list(algorithm.objectives))
        yield Finding(("tuning", "objective", "metric"), problem)
    elif goal != objective.goal:
        allowed = f"the goal of {objective.metric} is {goal}"
        yield Finding(("tuning", "objective", "goal"), not_allowed(objective.goal, allowed))


def _range(algorithm: Algorithm, name: str, choice: Range, values: Values) -> Iterator[Finding]:
    tunable = {key: value for key, value in algorithm.hyperparameters.items() if value.tunable}
    if name in values:
        allowed = f"a hyperparameter is tuned or set, not both, and hyperparameters.{name} sets it"
        yield Finding((), not_allowed(choice.model_dump(exclude_defaults=True), allowed))
    if name not in tunable:
        yield Finding((), unknown("tunable hyperparameter", name, list(tunable)))
    elif choice.type != tunable[name].type:
        yield Finding(("type",), not_allowed(choice.type, f"{name} is {tunable[name].type}"))
    else:
        yield from _ends(name, choice, tunable[name])


def _ends(name: str, choice: Range, specification: Hyperparameter) -> Iterator[Finding]:
    ends: list[tuple[str, str | float]]
    if isinstance(choice, CategoricalRange):
        ends = [("values", value) for value in choice.values]
    else:
        ends = [("minimum", choice.minimum), ("maximum", choice.maximum)]
    for field, value in ends:
        if not specification.admits(value):
            yield Finding((field,), not_allowed(value, f"{name} is {specification.allowed}"))
