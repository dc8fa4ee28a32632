"""A rule of EventBridge that starts a state machine."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.constructs.decisions import STARTS_ARE_RETRIED
from stacks.constructs.own_role import OwnRole


class MachineRule(events.Rule):
    """Starts the one state machine, with `given` or else the event as its input."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: sfn.IStateMachine,
        description: str,
        event_pattern: events.EventPattern | None = None,
        schedule: events.Schedule | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            scope, construct_id, description=description, event_pattern=event_pattern, schedule=schedule
        )
        role = OwnRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
            description=f"Rule: {description}",
        )
        machine_input = None if given is None else events.RuleTargetInput.from_object(dict(given))
        self.add_target(targets.SfnStateMachine(machine, role=role, input=machine_input))
        STARTS_ARE_RETRIED.accept(self)
