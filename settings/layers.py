"""A workload's settings with an environment's overrides laid over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from settings.errors import Fault
from settings.schema import FieldPath, Finding


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Two mappings and the files they are from; `override_path` is where the override is in its file."""

    file: str
    base: Mapping[str, Any]
    override_file: str
    override_path: FieldPath
    override: Mapping[str, Any]

    @property
    def merged(self) -> dict[str, Any]:
        """The base with the override laid over it."""
        return merged(self.base, self.override)

    def fault(self, finding: Finding) -> Fault:
        """Place a finding in the file that its value is from, or that asked for what is missing."""
        path, problem = finding
        if path and (_holds(self.override, path) or self._missing_by_override(path)):
            return Fault(self.override_file, text(self.override_path + path), problem)
        return Fault(self.file, text(path), problem)

    def _missing_by_override(self, path: FieldPath) -> bool:
        """Whether nothing is at a path because the override brought, or replaced, the mapping around it."""
        around = path[:-1]
        brought = _holds(self.override, around) and not _holds(self.base, around)
        return brought or _holds(self.override, (*around, "type"))


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Overlay a mapping as a JSON merge patch does (RFC 7396): null removes a key, lists are replaced.

    A mapping whose `type` changes is replaced whole, since its other keys belong to its type.
    """
    result = dict(base)
    for key, value in override.items():
        present = result.pop(key, None)
        if isinstance(value, Mapping):
            below = present if isinstance(present, Mapping) else {}
            same_type = "type" not in value or value["type"] == below.get("type")
            result[key] = merged(below if same_type else {}, value)
        elif value is not None:
            result[key] = value
    return result


def text(path: FieldPath) -> str:
    """A path as a reader writes it: `data.files[0].name`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def _holds(mapping: Mapping[str, Any], path: FieldPath) -> bool:
    """Whether a mapping has a value at a path, a list being one value."""
    value: Any = mapping
    for step in path:
        if isinstance(step, int):
            return True
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True
