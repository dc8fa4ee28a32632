"""Metric math: arithmetic, comparisons, logic and the functions below, on series and numbers.

A point of a result is there where every series it is made of has one, and where it isn't divided by zero.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import functools
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# The start of a period, in epoch seconds, and a value for it.
Series = dict[float, float]
Operand = Any  # a float, a Series, or a list of them
_Number = Callable[[float, float], float]

_WORDS = ((r"&&", " and "), (r"\|\|", " or "), (r"\bAND\b", " and "), (r"\bOR\b", " or "), (r"\^", "**"))
_ARITHMETIC: dict[type[ast.operator], _Number] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], _Number] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SUMMARIES: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_ROUNDINGS: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}
FUNCTIONS = (*_SUMMARIES, *_ROUNDINGS, "IF", "FILL", "METRICS")


class ExpressionError(ValueError):
    """An expression that isn't one, or uses what isn't simulated; the text says what."""


class Expression:
    """A parsed expression of metric math."""

    def __init__(self, text: str) -> None:
        """Raise ExpressionError unless `text` can be evaluated here."""
        source = text
        for word, python in _WORDS:
            source = re.sub(word, python, source)
        try:
            self._tree = ast.parse(source.strip(), mode="eval").body
        except SyntaxError as error:
            raise ExpressionError(f"Error in expression '{text}': {error.msg}") from None
        self.names = _names(self._tree, text)

    def evaluate(self, known: Mapping[str, Operand], moments: Sequence[float]) -> Operand:
        """The result for these values of ids; `moments` are the periods that FILL fills.

        Raises:
            ExpressionError: an id has no value, or an operand is of the wrong kind.
        """
        return _Evaluation(known, moments).of(self._tree)


def _names(tree: ast.expr, text: str) -> frozenset[str]:
    """The ids that an expression uses, once all of it is known to be metric math."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id.upper() if isinstance(node.func, ast.Name) else "?"
            if name not in FUNCTIONS:
                raise ExpressionError(
                    f"Error in expression '{text}': {name} is not simulated; {', '.join(FUNCTIONS)} are"
                )
        elif isinstance(node, ast.Name):
            if id(node) not in called and node.id.upper() != "REPEAT":
                names.add(node.id)
        elif not isinstance(
            node,
            ast.BinOp | ast.BoolOp | ast.Compare | ast.UnaryOp | ast.Constant | ast.List | ast.operator
            | ast.boolop | ast.cmpop | ast.unaryop | ast.expr_context,
        ):  # fmt: skip
            raise ExpressionError(f"Error in expression '{text}': {type(node).__name__} is not supported")
    return frozenset(names)


class _Evaluation:
    def __init__(self, known: Mapping[str, Operand], moments: Sequence[float]) -> None:
        self._known = known
        self._moments = moments

    def of(self, node: ast.expr) -> Operand:
        match node:
            case ast.Name(id=name) if name in self._known:
                return self._known[name]
            case ast.List(elts=parts):
                return [self.of(part) for part in parts]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name.upper(), arguments)
            case ast.BoolOp(op=how, values=parts):
                return functools.reduce(_LOGIC[type(how)], (self.of(part) for part in parts))
        return self._calculated(node)

    def _calculated(self, node: ast.expr) -> Operand:
        match node:
            case ast.Constant(value=float() | int() as number):
                return float(number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _each(operator.neg, self.of(operand))
            case ast.BinOp(left=left, op=how, right=right) if type(how) in _ARITHMETIC:
                return _combined(_ARITHMETIC[type(how)], self.of(left), self.of(right))
            case ast.Compare(left=left, ops=[how], comparators=[right]) if type(how) in _COMPARISONS:
                return _combined(_COMPARISONS[type(how)], self.of(left), self.of(right))
        raise ExpressionError(f"{ast.unparse(node)} has no value")

    def _call(self, name: str, arguments: list[ast.expr]) -> Operand:
        if name == "METRICS":
            return [value for value in self._known.values() if isinstance(value, dict)]
        if name == "IF":
            return _chosen(*[self.of(argument) for argument in arguments])
        if name == "FILL":
            return self._filled(self.of(arguments[0]), arguments[1])
        operand = self.of(arguments[0])
        if name in _ROUNDINGS:
            return _each(_ROUNDINGS[name], operand)
        return _summary(_SUMMARIES[name], operand)

    def _filled(self, series: Operand, filling: ast.expr) -> Operand:
        repeats = isinstance(filling, ast.Name) and filling.id.upper() == "REPEAT"
        value = None if repeats else self.of(filling)
        filled: Series = {}
        for moment in self._moments:
            found = series.get(moment, value)
            if found is not None:
                filled[moment] = found
            if repeats:
                value = found
        return filled


def _each(how: Callable[[float], float], operand: Operand) -> Operand:
    if isinstance(operand, list):
        return [_each(how, part) for part in operand]
    if isinstance(operand, dict):
        return {moment: float(how(value)) for moment, value in operand.items()}
    return float(how(operand))


def _combined(how: _Number, left: Operand, right: Operand) -> Operand:
    if isinstance(left, list) or isinstance(right, list):
        lists = [operand for operand in (left, right) if isinstance(operand, list)]
        lefts, rights = (_repeated(operand, len(lists[0])) for operand in (left, right))
        return [_combined(how, one, other) for one, other in zip(lefts, rights, strict=True)]
    if isinstance(left, dict) or isinstance(right, dict):
        values = ((moment, _at(left, moment), _at(right, moment)) for moment in _shared(left, right))
        points = ((moment, _defined(how, one, other)) for moment, one, other in values)
        return {moment: point for moment, point in points if point is not None}
    return _defined(how, left, right) or 0.0


_LOGIC: dict[type[ast.boolop], Callable[[Operand, Operand], Operand]] = {
    ast.And: lambda left, right: _combined(lambda one, other: bool(one and other), left, right),
    ast.Or: lambda left, right: _combined(lambda one, other: bool(one or other), left, right),
}


def _repeated(operand: Operand, times: int) -> list[Operand]:
    return operand if isinstance(operand, list) else [operand] * times


def _defined(how: _Number, left: float, right: float) -> float | None:
    try:
        return float(how(left, right))
    except (ZeroDivisionError, OverflowError):
        return None


def _shared(*operands: Operand) -> list[float]:
    """The moments that all series among the operands have."""
    series = [set(operand) for operand in operands if isinstance(operand, dict)]
    return sorted(set.intersection(*series)) if series else []


def _at(operand: Operand, moment: float) -> Any:
    return operand.get(moment) if isinstance(operand, dict) else operand


def _chosen(condition: Operand, yes: Operand, no: Operand) -> Operand:
    if not isinstance(condition, dict):
        return yes if condition else no
    values = ((moment, _at(yes if truth else no, moment)) for moment, truth in condition.items())
    return {moment: value for moment, value in values if value is not None}


def _summary(how: Callable[[Sequence[float]], float], operand: Operand) -> Operand:
    """Of a list of series: a series, at each moment that any of them has; of one series: a number."""
    if isinstance(operand, dict):
        return float(how(list(operand.values()))) if operand else 0.0
    if not isinstance(operand, list):
        return operand
    moments = sorted({moment for part in operand if isinstance(part, dict) for moment in part})
    if not moments:
        numbers = [part for part in operand if not isinstance(part, dict)]
        return float(how(numbers)) if numbers else {}
    values = ((moment, [_at(part, moment) for part in operand]) for moment in moments)
    return {moment: float(how([value for value in found if value is not None])) for moment, found in values}
