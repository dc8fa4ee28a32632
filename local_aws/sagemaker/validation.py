"""Validation of requests against botocore's model of SageMaker, with the texts SageMaker itself answers."""

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.model import Shape

from local_aws.sagemaker import model
from local_aws.sagemaker.errors import ServiceError, validation_error

Fault = str
_Check = Callable[[Any, Shape, str], Iterator[Fault]]

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "blob": (str,),
}
_JSON_TOKENS = {str: "STRING_VALUE", bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
_TYPE_NAMES = {"string": "String", "integer": "Integer", "boolean": "Boolean", "long": "Long", "list": "List"}

# The model's patterns are Java's; these parts of them have no counterpart of the same spelling in `re`.
_JAVA_CLASSES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Print}": r"[ -~]",  # never within brackets
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{M}": r"\u0300-\u036F",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}\u00A1-\u00BF\u2010-\u205E\u3001-\u303F",
    r"\p{S}": r"$+<->^`|~\u00A2-\u00B8\u20A0-\u2BFF",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
}


def validate(operation: str, params: dict[str, Any]) -> None:
    """Raise what SageMaker raises for a request that its service model does not allow.

    Raises:
        ServiceError: SerializationException for a value of the wrong JSON type, ValidationException with
        every
            violated constraint otherwise.
    """
    require(model.operation(operation).input_shape, params)


def require(shape: Shape, params: dict[str, Any]) -> None:
    """As `validate`, for a request of any service's that has this input shape."""
    faults = list(_structure_faults(params, shape, ""))
    if not faults:
        return
    noun = "error" if len(faults) == 1 else "errors"
    raise validation_error(f"{len(faults)} validation {noun} detected: {'; '.join(faults)}")


def _faults(value: Any, shape: Shape, path: str) -> Iterator[Fault]:
    _require_type(value, shape)
    yield from _CHECKS.get(shape.type_name, _no_faults)(value, shape, path)


def _require_type(value: Any, shape: Shape) -> None:
    expected = _JSON_TYPES[shape.type_name]
    if isinstance(value, expected) and not (isinstance(value, bool) and bool not in expected):
        return
    wanted = _TYPE_NAMES.get(shape.type_name, shape.type_name)
    if isinstance(value, dict | list):
        found = "Start of structure or map" if isinstance(value, dict) else "Start of list"
        raise ServiceError("SerializationException", f"{found} found where not expected.")
    token = _JSON_TOKENS.get(type(value), "NULL_VALUE")
    raise ServiceError("SerializationException", f"{token} can not be converted to {_article(wanted)}")


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "AEIOU" else f"a {noun}"


def _no_faults(_value: Any, _shape: Shape, _path: str) -> Iterator[Fault]:
    return iter(())


def _structure_faults(value: dict[str, Any], shape: Shape, path: str) -> Iterator[Fault]:
    members = shape.members
    for name in value:
        if name not in members:
            known = ", ".join(members)
            place = f" at '{path}'" if path else ""
            yield f'Unknown parameter in input{place}: "{name}", must be one of: {known}'
    for name in shape.required_members:
        if value.get(name) is None:
            place = _joined(path, name)
            yield f"Value null at '{place}' failed to satisfy constraint: Member must not be null"
    for name, part in value.items():
        if part is not None and name in members:
            yield from _faults(part, members[name], _joined(path, name))


def _list_faults(value: list[Any], shape: Shape, path: str) -> Iterator[Fault]:
    yield from _length_faults(value, shape, path)
    for position, part in enumerate(value, start=1):
        yield from _faults(part, shape.member, f"{path}.{position}.member")


def _map_faults(value: dict[str, Any], shape: Shape, path: str) -> Iterator[Fault]:
    yield from _length_faults(value, shape, path)
    for key, part in value.items():
        yield from _map_entry_faults(key, shape.key, path, "key")
        if part is not None:
            yield from _map_entry_faults(part, shape.value, f"{path}.{key}.member", "value")


def _map_entry_faults(value: Any, shape: Shape, path: str, what: str) -> Iterator[Fault]:
    for fault in _faults(value, shape, path):
        constraint = fault.rpartition("failed to satisfy constraint: ")[2]
        yield _violation(value, path, f"Map {what} must satisfy constraint: [{constraint}]")


def _string_faults(value: str, shape: Shape, path: str) -> Iterator[Fault]:
    yield from _length_faults(value, shape, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    if shape.enum and value not in shape.enum:
        yield _violation(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")


def _number_faults(value: float, shape: Shape, path: str) -> Iterator[Fault]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _violation(value, path, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _violation(value, path, f"Member must have value less than or equal to {most}")


def _length_faults(value: Any, shape: Shape, path: str) -> Iterator[Fault]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield _violation(value, path, f"Member must have length greater than or equal to {least}")
    if most is not None and len(value) > most:
        yield _violation(value, path, f"Member must have length less than or equal to {most}")


def _violation(value: Any, path: str, constraint: str) -> Fault:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _joined(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(re.sub(r"\$\{\d+,\d+\}$", "", pattern))


_CHECKS: dict[str, _Check] = {
    "structure": _structure_faults,
    "list": _list_faults,
    "map": _map_faults,
    "string": _string_faults,
    "integer": _number_faults,
    "long": _number_faults,
    "float": _number_faults,
    "double": _number_faults,
}
