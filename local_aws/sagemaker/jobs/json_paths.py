"""The JSONPath expressions that batch transform's filters take: `$`, `$.a.b`, `$['a']`, `$[0]`, `$[0,3]`,
`$[1:]`.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

import re
from collections.abc import Callable
from typing import Any

_STEP = re.compile(
    r"""\.(?P<member>[A-Za-z_][\w-]*)
      | \['(?P<quoted>[^']+)'\]
      | \[(?P<indexes>-?\d+(\s*,\s*-?\d+)*)\]
      | \[(?P<slice>-?\d*:-?\d*)\]""",
    re.VERBOSE,
)

Step = Callable[[Any], Any]


class JsonPathError(ValueError):
    """The expression isn't supported, or doesn't fit the record."""


class JsonPath:
    """One compiled expression."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._steps = _compile(expression)

    def select(self, record: Any) -> Any:
        """The part of a record that the expression names; raises JsonPathError if the record has none."""
        selected = record
        try:
            for step in self._steps:
                selected = step(selected)
        except (KeyError, IndexError, TypeError):
            raise JsonPathError(f"'{self._expression}' does not match a record: {str(record)[:80]}") from None
        return selected


def _compile(expression: str) -> list[Step]:
    if not expression.startswith("$"):
        raise JsonPathError(f"'{expression}' is not a JSONPath: it should begin with $")
    steps, position = [], 1
    while position < len(expression):
        match = _STEP.match(expression, position)
        if match is None:
            raise JsonPathError(f"'{expression}' is not supported at '{expression[position:]}'")
        steps.append(_step(match))
        position = match.end()
    return steps


def _step(match: re.Match[str]) -> Step:
    if match["slice"] is not None:
        first, _, last = match["slice"].partition(":")
        part = slice(int(first) if first else None, int(last) if last else None)
        return lambda value: value[part]
    if match["indexes"] is not None:
        indexes = [int(text) for text in match["indexes"].split(",")]
        if len(indexes) == 1:
            return lambda value: value[indexes[0]]
        return lambda value: [value[index] for index in indexes]
    name = match["member"] or match["quoted"]
    return lambda value: value[name]
