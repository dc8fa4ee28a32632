"""A workload's road, as those see it who start and watch it: its state machines and its names."""

from dataclasses import dataclass

from stacks.constructs.state_machine import StateMachine


@dataclass(frozen=True, kw_only=True)
class Road:
    """A workload's state machines, `monitoring` where its endpoint is watched, and the name of its endpoint
    and registry group."""

    training: StateMachine
    deployment: StateMachine
    batch: StateMachine
    monitoring: StateMachine | None
    resource_name: str
