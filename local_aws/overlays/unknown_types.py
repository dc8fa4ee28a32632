"""A template with a resource type that the local AWS doesn't have is refused, in plain words."""

from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers

HOOKS = (
    "ministack.services.cloudformation.changesets:validate_template_support",
    "ministack.services.cloudformation.engine:validate_template_support",
    "ministack.services.cloudformation.handlers:validate_template_support",
)

_AWS_TEXT = "Template format error: Unrecognized resource types: ["


def install() -> None:
    """Put this overlay in place."""
    original = engine.validate_template_support

    def validate_template_support(*arguments: Any, **named: Any) -> None:
        try:
            original(*arguments, **named)
        except ValueError as error:
            raise ValueError(_explained(str(error))) from None

    for module in (changesets, engine, handlers):
        module.validate_template_support = validate_template_support


def _explained(text: str) -> str:
    """AWS's text, and that the type may be misspelt or just not be here."""
    if not text.startswith(_AWS_TEXT):
        return text
    types = text.removeprefix(_AWS_TEXT).removesuffix("]").split(", ")
    are = "isn't" if len(types) == 1 else "aren't"
    return (
        f"{text}. {', '.join(types)} {are} in the local AWS: either the name is wrong, or AWS has what is "
        "missing here."
    )
