"""Adding to ministack's CloudFormation: resource types, and properties that its own handlers leave out."""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

HOOKS = (
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
    "ministack.services.cloudformation.provisioners:_REPLACING_PROPERTIES",
    "ministack.services.cloudformation.provisioners:_STACK_TAG_PROPERTY",
    "ministack.services.lambda_svc:_get_func_record_for_ref",
)

Properties = dict[str, Any]
# (physical id, the resource's properties, the properties before an update or None)
Apply = Callable[[str, Properties, Properties | None], None]


def after(resource_type: str, apply: Apply) -> None:
    """Have `apply` complete what ministack does to create or update a resource of this type."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    create, update = handlers["create"], handlers.get("update")

    def completed_create(logical_id: str, properties: Properties, stack: str) -> Any:
        result = create(logical_id, properties, stack)
        apply(result[0], properties, None)
        return result

    def completed_update(physical_id: str, old: Properties, new: Properties, *more: Any) -> Any:
        result = update(physical_id, old, new, *more)
        apply(result[0], new, old if result[0] == physical_id else None)
        return result

    handlers["create"] = completed_create
    if update is not None:
        handlers["update"] = completed_update


def before_delete(resource_type: str, act: Callable[[str, Properties], None]) -> None:
    """Have `act` run before ministack deletes a resource of this type."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    delete = handlers["delete"]

    def preceded_delete(physical_id: str, properties: Properties, *more: Any) -> None:
        act(physical_id, properties)
        delete(physical_id, properties, *more)

    handlers["delete"] = preceded_delete


def register(
    resource_type: str,
    *,
    create: Callable[[str, Properties, str], tuple[str, Properties]],
    update: Callable[[str, Properties, Properties, str], tuple[str, Properties]],
    delete: Callable[[str, Properties], None],
    replaced_by: frozenset[str] = frozenset(),
    tags: str | None = None,
) -> None:
    """Add or replace a resource type.

    A change of a property in `replaced_by` makes a new resource. The stack's tags are added to the list in
    the property `tags`.
    """
    provisioners._RESOURCE_HANDLERS[resource_type] = {"create": create, "update": update, "delete": delete}
    if replaced_by:
        provisioners._REPLACING_PROPERTIES[resource_type] = tuple(sorted(replaced_by))
    if tags:
        provisioners._STACK_TAG_PROPERTY[resource_type] = (tags, "list")


def is_true(value: object) -> bool:
    """A CloudFormation boolean, which templates write as a boolean or as text."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def succeed(response: tuple[int, Mapping[str, str], bytes], what: str) -> bytes:
    """The body of a service's response; raises ValueError, which fails the stack operation, if it is an
    error.
    """
    status, _, body = response
    if status >= 400:
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
        raise ValueError(f"{what} was refused: {text}")
    return body


def function_of(service_token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record and the configuration of the function that serves a custom resource."""
    record, configuration, name = lambda_svc._get_func_record_for_ref(service_token)
    if record is None or configuration is None:
        raise ValueError(f"the custom resource's function {name} does not exist")
    return record, configuration
