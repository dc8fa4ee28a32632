"""JSONata state machines: what ministack evaluates differently from AWS.

Without it, a Succeed state ignores its `Output`, a Choice state ignores the `Output` of its default and takes
any value for a condition, expressions of one `Assign` see each other's new values, a timeout may not be an
expression, and `States.ALL` catches the two errors that cannot be caught.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import json
from typing import Any

from ministack.services import stepfunctions

HOOKS = (
    "ministack.services.stepfunctions:_ExecutionError",
    "ministack.services.stepfunctions:_apply_jsonata_output",
    "ministack.services.stepfunctions:_apply_jsonata_template",
    "ministack.services.stepfunctions:_apply_output_path",
    "ministack.services.stepfunctions:_apply_state_assign",
    "ministack.services.stepfunctions:_error_matches",
    "ministack.services.stepfunctions:_evaluate_jsonata_choice_rule",
    "ministack.services.stepfunctions:_execute_choice",
    "ministack.services.stepfunctions:_execute_task",
    "ministack.services.stepfunctions:_state_machines",
    "ministack.services.stepfunctions:_state_query_language",
    "ministack.services.stepfunctions:jsonata",
)

# ministack allows a second, by the clock: a busy machine needs longer for expressions that are no loops.
_LONGEST_EVALUATION_MILLISECONDS = 30_000

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_NEVER_CAUGHT_BY_ALL = {"States.DataLimitExceeded", "States.Runtime"}


def install() -> None:
    """Put this overlay in place."""
    _give_succeed_its_output()
    _give_default_its_output()
    _require_boolean_conditions()
    _assign_at_once()
    _complete_tasks()
    _let_uncatchable_errors_pass()
    _give_expressions_time()


def _give_expressions_time() -> None:
    original = stepfunctions.jsonata.Jsonata.jsonata

    def parse(expression: str, **_options: Any) -> Any:
        return original(expression, timeout=_LONGEST_EVALUATION_MILLISECONDS)

    stepfunctions.jsonata.Jsonata.jsonata = parse


def _is_jsonata(state: dict[str, Any], context: dict[str, Any] | None) -> bool:
    return bool(stepfunctions._state_query_language(state, context) == "JSONata")


def _give_succeed_its_output() -> None:
    original = stepfunctions._apply_output_path

    def apply_output_path(state: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> Any:
        if state.get("Type") == "Succeed" and _is_jsonata(state, context):
            return stepfunctions._apply_jsonata_output(state, data, context, default=data)
        return original(state, data, context)

    stepfunctions._apply_output_path = apply_output_path


def _give_default_its_output() -> None:
    original = stepfunctions._execute_choice

    def execute_choice(state: dict[str, Any], raw_input: Any, context: dict[str, Any] | None = None) -> Any:
        if not _is_jsonata(state, context) or "Output" not in state:
            return original(state, raw_input, context)
        # Evaluated before the state assigns, with the variables that were there.
        default = {"Condition": True, "Next": state.get("Default"), "Output": state["Output"]}
        if "Assign" in state:
            default["Assign"] = state["Assign"]
        if state.get("Default"):
            state = {**state, "Choices": [*state["Choices"], default]}
        return original(state, raw_input, context)

    stepfunctions._execute_choice = execute_choice


def _require_boolean_conditions() -> None:
    def evaluate(rule: dict[str, Any], raw_input: Any, context: dict[str, Any]) -> bool:
        value = stepfunctions._apply_jsonata_template(rule.get("Condition"), raw_input, context)
        if not isinstance(value, bool):
            raise stepfunctions._ExecutionError(
                "States.QueryEvaluationError",
                "The JSONata expression specified for the field 'Condition' returned an unexpected result "
                f"type. Expected 'boolean', but was: {json.dumps(value)}",
            )
        return value

    stepfunctions._evaluate_jsonata_choice_rule = evaluate


def _assign_at_once() -> None:
    original = stepfunctions._apply_state_assign

    def assign(
        state: dict[str, Any],
        raw_input: Any,
        context: dict[str, Any] | None,
        result: Any = None,
        error_output: Any = None,
    ) -> None:
        if context is None or not _is_jsonata(state, context) or not isinstance(state.get("Assign"), dict):
            original(state, raw_input, context, result=result, error_output=error_output)
            return
        values = stepfunctions._apply_jsonata_template(
            state["Assign"], raw_input, context, result=result, error_output=error_output
        )
        context.setdefault("variables", {}).update(values)

    stepfunctions._apply_state_assign = assign


def _complete_tasks() -> None:
    original = stepfunctions._execute_task

    def execute_task(
        state: dict[str, Any], raw_input: Any, execution: dict[str, Any] | None, context: dict[str, Any]
    ) -> Any:
        machine = stepfunctions._state_machines.get((execution or {}).get("stateMachineArn", "")) or {}
        context["Execution"].update({"RoleArn": machine.get("roleArn", ""), "RedriveCount": 0})
        if _is_jsonata(state, context) and isinstance(state.get("TimeoutSeconds"), str):
            seconds = stepfunctions._apply_jsonata_template(state["TimeoutSeconds"], raw_input, context)
            state = {**state, "TimeoutSeconds": seconds}
        return original(state, raw_input, execution, context)

    stepfunctions._execute_task = execute_task


def _let_uncatchable_errors_pass() -> None:
    original = stepfunctions._error_matches

    def error_matches(names: list[str], error: str) -> bool:
        if error in _NEVER_CAUGHT_BY_ALL:
            return error in names
        return bool(original(names, error))

    stepfunctions._error_matches = error_matches
