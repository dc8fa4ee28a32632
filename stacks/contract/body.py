"""What a request or an answer holds, as JSON Schema (2020-12, as OpenAPI 3.1 has it), with examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Body:
    """A JSON body. `name` is its schema's in the document; `examples` are by name."""

    name: str
    schema: Schema
    examples: Mapping[str, Any]

    @property
    def shape(self) -> Schema:
        """As much of the schema as API Gateway holds a body against, in draft 4.

        That is which kinds of value it and its properties are: API Gateway doesn't say what is wrong with a
        body, so it leaves all else to the function, which does.
        """
        return _shape(self.schema)


def _shape(schema: Schema) -> Schema:
    if "anyOf" in schema:
        return {"anyOf": [{"type": kind} for kind in dict.fromkeys(one["type"] for one in schema["anyOf"])]}
    if schema["type"] != "object":
        return {"type": schema["type"]}
    containers = {
        name: {"type": one["type"]}
        for name, one in schema["properties"].items()
        if one.get("type") in ("array", "object")
    }
    return {
        "type": "object",
        **({"required": schema["required"]} if "required" in schema else {}),
        **({"properties": containers} if containers else {}),
    }
