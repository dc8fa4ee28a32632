"""The OpenAPI document of the API, the same for the same operations.

https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from stacks.contract import faults
from stacks.contract.body import JSON, Body
from stacks.contract.faults import LATER, Fault
from stacks.contract.operation import Operation

_DESCRIPTION = (
    "Recommends a mysfit for the answers to a quiz. Every error has one form, with a code for programs and "
    "a message for people. What isn't described here, path or method, is answered by 404 and NotFound."
)
_LATER = {
    "description": "after how many seconds to try again",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}

_KEY = {"ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}}


def openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """The document of these operations. Its server is the folder that it lies in, whatever the domain."""
    described = tuple(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mysfit recommendations",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "."}],
        "paths": _paths(described),
        "components": {
            "schemas": {body.name: body.schema for body in _bodies(described)},
            **({"securitySchemes": _KEY} if any(one.keyed for one in described) else {}),
        },
    }


def _paths(operations: tuple[Operation, ...]) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one)
    return paths


def _bodies(operations: tuple[Operation, ...]) -> Iterable[Body]:
    for one in operations:
        yield from filter(None, (one.request, one.answer))
        yield faults.body(one.faults)


def _described(operation: Operation) -> dict[str, Any]:
    request = operation.request
    return {
        "operationId": operation.id,
        "summary": operation.summary,
        **({"security": [{key: [] for key in _KEY}]} if operation.keyed else {}),
        **({"parameters": [dict(one) for one in operation.parameters]} if operation.parameters else {}),
        **({"requestBody": {"required": True, "content": _content(request)}} if request else {}),
        "responses": {
            "200": {"description": "The answer", "content": _content(operation.answer)},
            **{str(status): _refused(told) for status, told in faults.answers(operation.faults).items()},
        },
    }


def _content(body: Body) -> dict[str, Any]:
    return {
        JSON: {
            "schema": {"$ref": f"#/components/schemas/{body.name}"},
            "examples": {name: {"value": value} for name, value in body.examples.items()},
        }
    }


def _refused(told: tuple[Fault, ...]) -> Mapping[str, Any]:
    return {
        "description": " or ".join(fault.code for fault in told),
        **({"headers": {LATER: _LATER}} if all(fault.retried for fault in told) else {}),
        "content": _content(faults.body(told)),
    }
