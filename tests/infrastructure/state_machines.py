"""The state machines of a synthesized platform: their definitions as Step Functions gets them, as graphs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from settings.workload import Workload
from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.policies import Grant, grants

State = dict[str, Any]


@dataclass(frozen=True, eq=False)
class StateMachine:
    """A state machine of ours; `definition` has its substitutions applied."""

    assembly: Assembly
    resource: Resource
    definition: dict[str, Any]

    @property
    def name(self) -> str:
        """`training`; `serving`, which deploys; or `batch`, which is in the serving stack too."""
        batch = re.search("BatchStateMachine[0-9A-F]{8}$", self.resource.logical_id)
        return "batch" if batch else self.resource.stack

    @property
    def stack(self) -> str:
        """The role of the stack that the machine is in."""
        return self.resource.stack

    @property
    def states(self) -> dict[str, State]:
        """The states by name."""
        states: dict[str, State] = self.definition["States"]
        return states

    @property
    def tasks(self) -> dict[str, State]:
        """The states that call something."""
        return {name: state for name, state in self.states.items() if state["Type"] == "Task"}

    @property
    def role(self) -> Resource:
        """The role that the machine acts as."""
        [logical_id, _] = self.resource.properties["RoleArn"]["Fn::GetAtt"]
        return self.assembly.resource(self.resource.stack, logical_id)

    @property
    def arn(self) -> str:
        """As its own definition and its policies name it."""
        arn = {"Fn::GetAtt": [self.resource.logical_id, "Arn"]}
        return str(self.assembly.resolve(self.resource.stack, arn))

    @property
    def grants(self) -> list[Grant]:
        """What the role allows."""
        return grants(self.assembly, self.role)

    def after(self, name: str) -> Iterator[str]:
        """The states that may follow one, however it ends."""
        yield from self.after_success(name)
        yield from self.after_failure(name)

    def after_success(self, name: str) -> Iterator[str]:
        """The states that may follow one that ended well."""
        state = self.states[name]
        yield from (choice["Next"] for choice in state.get("Choices", ()))
        yield from (state[key] for key in ("Default", "Next") if key in state)

    def after_failure(self, name: str) -> Iterator[str]:
        """The states that catch one's errors."""
        yield from (catcher["Next"] for catcher in self.states[name].get("Catch", ()))

    def reachable(self, start: str, *, without: frozenset[str] = frozenset()) -> set[str]:
        """The states on the ways from a state, itself included, that don't lead through `without`."""
        found: set[str] = set()
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name not in found and name not in without:
                found.add(name)
                waiting += self.after(name)
        return found


def state_machines(assembly: Assembly) -> list[StateMachine]:
    """The machines of the workloads that are looked at."""
    pascals = [workload.pascal for workload in assembly.workloads]
    own = {f"{pascal}{kind}StateMachine" for pascal in pascals for kind in ("", "Batch")}
    return [
        StateMachine(assembly, resource, _substituted(assembly, resource))
        for resource in assembly.resources("AWS::StepFunctions::StateMachine")
        if resource.logical_id[:-8] in own
    ]


def state_machine(assembly: Assembly, name: str) -> StateMachine:
    """The machine of the one workload that has a name: `training`, `serving` or `batch`."""
    [machine] = [machine for machine in state_machines(assembly) if machine.name == name]
    return machine


def batch_machine(assembly: Assembly) -> StateMachine:
    """The machine that predicts whole files with the one workload's model."""
    return state_machine(assembly, "batch")


def only_workload(assembly: Assembly) -> Workload:
    """The one workload there is."""
    [workload] = assembly.workloads
    return workload


def evaluated(text: str, variables: Mapping[str, str]) -> str:
    """The value of a text that is plain or a JSONata expression joining texts and variables with `&`.

    What more is in an expression makes a ValueError: a test then needs to know more than names.
    """
    found = re.fullmatch(r"\{% (.*) %\}", text)
    if not found:
        return text
    parts = [part.strip() for part in found[1].split(" & ")]
    return "".join(part[1:-1] if part.startswith("'") else _variable(part, variables) for part in parts)


def _variable(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise ValueError(f"{name} isn't a variable that the tests know")
    return variables[name]


def _substituted(assembly: Assembly, resource: Resource) -> dict[str, Any]:
    raw = resource.properties["DefinitionSubstitutions"]
    values = {name: assembly.resolve(resource.stack, value) for name, value in raw.items()}

    def substitute(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)\}", lambda found: str(values[found[1]]), value)
        if isinstance(value, list):
            return [substitute(item) for item in value]
        if isinstance(value, dict):
            return {key: substitute(item) for key, item in value.items()}
        return value

    definition: dict[str, Any] = substitute(resource.properties["Definition"])
    return definition
