"""The base of every settings model, and its faults in a reader's words.

A field's `description` says what is allowed in it, so it is what a fault of that field tells.
"""

from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from settings.errors import not_allowed, unknown

FieldPath = tuple[str | int, ...]


class Section(BaseModel):
    """A frozen part of the settings that refuses unknown keys and converts no types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    supplied: ClassVar[frozenset[str]] = frozenset()
    """Fields that the loader fills in, not the file."""


class Finding(NamedTuple):
    """A fault at a path of the settings, before it is known which file that path came from."""

    path: FieldPath
    problem: str


def rejected(*findings: Finding) -> PydanticCustomError:
    """What a validator raises; the findings' paths start at the section that holds the validated field."""
    return PydanticCustomError("rejected", "rejected", {"findings": findings})


def findings(section: type[Section], error: ValidationError) -> list[Finding]:
    """Everything that was wrong with a section, in the order of its fields."""
    errors = [details for details in error.errors() if not _counts_bad_items(details, error.errors())]
    return list(dict.fromkeys(finding for details in errors for finding in _findings(section, details)))


def _counts_bad_items(details: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a list or mapping was only found too short because its bad items weren't counted."""
    place = details["loc"]
    inside = (other for other in errors if other["loc"][: len(place)] == place and other["loc"] != place)
    return details["type"] == "too_short" and any(inside)


def _findings(section: type[Section], details: ErrorDetails) -> list[Finding]:
    place = _Place(section, details["loc"])
    context = details.get("ctx", {})
    match details["type"]:
        case "rejected":
            return [Finding(place.path[:-1] + path, problem) for path, problem in context["findings"]]
        case "extra_forbidden":
            return [Finding(place.path, unknown("key", str(details["loc"][-1]), place.known_keys))]
        case "missing":
            return [Finding(place.path, f"missing; {place.allowed}")]
        case "union_tag_not_found":
            return [Finding((*place.path, "type"), f"missing; {place.allowed}")]
        case "union_tag_invalid":
            return [Finding((*place.path, "type"), not_allowed(context["tag"], place.allowed))]
    return [Finding(place.path, not_allowed(details["input"], place.allowed or details["msg"]))]


class _Place:
    """Where an error's location leads in a section's fields."""

    def __init__(self, section: type[Section], location: FieldPath) -> None:
        self.path: FieldPath = ()
        self.allowed = ""
        self.known_keys: list[str] = []
        self._types: list[Any] = [section]
        for step in location:
            if step != "[key]":  # a mapping's key itself, whose place is its value's
                self._descend(step)

    def _descend(self, step: str | int) -> None:
        """Follow one step of the location: a key, an index, or the tag of a union's member."""
        sections = [kind for kind in self._types if isinstance(kind, type) and issubclass(kind, Section)]
        chosen = [section for section in sections if step in _tags(section)]
        if chosen:
            self._types = list(chosen)
        elif sections:
            self._enter(sections[0], str(step))
        elif any(get_origin(kind) in {dict, tuple} for kind in self._types):
            container = next(kind for kind in self._types if get_origin(kind) in {dict, tuple})
            self.path += (step,)
            self._types = _alternatives(get_args(container)[1 if get_origin(container) is dict else 0])

    def _enter(self, section: type[Section], key: str) -> None:
        self.path += (key,)
        self.known_keys = sorted(section.model_fields.keys() - section.supplied)
        field = section.model_fields.get(key)
        self._types = _alternatives(field.annotation) if field else []
        self.allowed = (field.description or "") if field else ""


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return [kind for member in get_args(annotation) for kind in _alternatives(member)]
    return [annotation]


def _tags(section: type[Section]) -> tuple[Any, ...]:
    """The values of `type` that choose this section in a union of sections."""
    field = section.model_fields.get("type")
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()
