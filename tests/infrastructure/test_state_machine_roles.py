"""The state machines' roles: all that the definitions call, and nothing else."""

import pytest

from stacks.constructs.state_machine import LOG_DELIVERY_ACTIONS, TRACE_ACTIONS
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.calls import Calls
from tests.infrastructure.policies import Grant, Need, idle, missing
from tests.infrastructure.state_machines import StateMachine, state_machine

STEP_FUNCTIONS = [Need(action, "*") for action in (*LOG_DELIVERY_ACTIONS, *TRACE_ACTIONS)]


@pytest.fixture(scope="module", params=["training", "serving", "batch"])
def machine(request: pytest.FixtureRequest, assembly: Assembly) -> StateMachine:
    return state_machine(assembly, request.param)


def test_the_role_may_do_all_that_the_definition_calls(machine: StateMachine) -> None:
    # Given the calls of the definition, and what Step Functions itself does as the role
    needs = [*Calls(machine).needs(), *STEP_FUNCTIONS]
    # When they are held against the role's policy
    # Then none is refused
    assert missing(needs, machine.grants) == []


def test_the_role_may_do_nothing_else(machine: StateMachine) -> None:
    # Given the calls of the definition
    needs = [*Calls(machine).needs(), *STEP_FUNCTIONS]
    # When each action on each resource of the role's policy is looked for among them
    # Then all are needed
    assert idle(needs, machine.grants) == []


def test_taking_any_action_away_is_noticed(machine: StateMachine) -> None:
    # Given the role's grants
    needs = [*Calls(machine).needs(), *STEP_FUNCTIONS]
    grants = machine.grants
    for taken in grants:
        # When one is taken away
        left = [grant for grant in grants if grant is not taken]
        # Then a call is refused
        assert missing(needs, left), taken


def test_roles_are_passed_to_sagemaker_only(machine: StateMachine) -> None:
    # Given the grants to pass a role
    passing = [grant for grant in machine.grants if grant.action == "iam:PassRole"]
    # Then each names one role, and SageMaker as the only service to get it
    assert len(passing) == {"training": 3, "serving": 1, "batch": 1}[machine.name]
    for grant in passing:
        assert "*" not in grant.resource
        assert grant.conditions == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_a_grant_under_a_condition_does_not_cover_a_call_that_fails_it() -> None:
    # Given a role that may be passed to SageMaker
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    grant = Grant("iam:PassRole", "arn:aws:iam::111122223333:role/job", condition)
    # Then passing it elsewhere, or with no service named, isn't covered
    for context in ((("iam:PassedToService", "lambda.amazonaws.com"),), ()):
        assert not grant.covers(Need("iam:PassRole", grant.resource, context))
