"""Creating or changing a state machine is refused for what AWS refuses.

ministack takes any role and, from a template, any definition. AWS answers AccessDeniedException when the role
may not manage the event rules of its `.sync` tasks or set up the delivery of its log, and it does not take a
role that Step Functions cannot assume, or a JSONata definition that does not parse.
"""

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from local_aws import credentials
from local_aws.cloudformation import Properties
from local_aws.state_machines import permissions, sdk_integration

HOOKS = (
    "ministack.services.stepfunctions:_create_state_machine",
    "ministack.services.stepfunctions:_update_state_machine",
    "ministack.services.stepfunctions:_state_machines",
    "ministack.services.stepfunctions:_validate_definition_jsonata",
    "ministack.services.cloudformation.provisioners:_sfn_definition",
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
)

_TYPE = "AWS::StepFunctions::StateMachine"


def install() -> None:
    """Put this overlay in place."""
    create, update = stepfunctions._create_state_machine, stepfunctions._update_state_machine

    def create_state_machine(data: dict[str, Any]) -> Any:
        return _refusal(data) or create(data)

    def update_state_machine(data: dict[str, Any]) -> Any:
        machine = stepfunctions._state_machines.get(data.get("stateMachineArn"))
        return (machine and _refusal({**machine, **data})) or update(data)

    stepfunctions._create_state_machine = create_state_machine
    stepfunctions._update_state_machine = update_state_machine
    _check_templates()


def _refusal(data: dict[str, Any]) -> Any:
    """The error response for a machine that AWS would not take, else None."""
    try:
        credentials.check_assumable(data["roleArn"], sdk_integration.SERVICE_PRINCIPAL)
        permissions.check_machine(
            data["roleArn"], data["definition"], _logging(data.get("loggingConfiguration"))
        )
    except credentials.RoleNotAssumable:
        message = (
            f"Neither the global service principal states.amazonaws.com, nor the regional one is authorized "
            f"to assume the provided role. ({data['roleArn']})"
        )
        return error_response_json("AccessDeniedException", message, 400)
    except permissions.NotAuthorizedError as error:
        return error_response_json("AccessDeniedException", str(error), 400)
    except (KeyError, ValueError):
        # Missing members and unreadable definitions are ministack's to refuse.
        return None
    return None


def _logging(configuration: dict[str, Any] | None) -> dict[str, Any]:
    """A logging configuration in the API's spelling, whichever spelling it came in."""
    return {key[:1].lower() + key[1:]: value for key, value in (configuration or {}).items()}


def _check_templates() -> None:
    create = provisioners._RESOURCE_HANDLERS[_TYPE]["create"]

    def checked_create(logical_id: str, properties: Properties, stack: str) -> Any:
        definition = provisioners._sfn_definition(properties)
        invalid = stepfunctions._validate_definition_jsonata(definition)
        if invalid:
            raise ValueError(f"Invalid State Machine Definition: '{invalid}'")
        refusal = _refusal(
            {
                "roleArn": properties["RoleArn"],
                "definition": definition,
                "loggingConfiguration": properties.get("LoggingConfiguration"),
            }
        )
        if refusal is not None:
            raise ValueError(f"Resource handler returned message: {refusal[2].decode()}")
        return create(logical_id, properties, stack)

    provisioners._RESOURCE_HANDLERS[_TYPE]["create"] = checked_create
