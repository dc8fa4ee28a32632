"""Metric math: series combined point by point."""

import pytest

from local_aws.cloudwatch.expressions import Expression, ExpressionError, Operand

ERRORS = {0.0: 2.0, 60.0: 0.0, 120.0: 9.0}
REQUESTS = {0.0: 10.0, 60.0: 0.0, 120.0: 12.0, 180.0: 5.0}
KNOWN = {"errors": ERRORS, "requests": REQUESTS}
MOMENTS = (0.0, 60.0, 120.0, 180.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100 * errors / requests", {0.0: 20.0, 120.0: 75.0}),
        ("errors + 1", {0.0: 3.0, 60.0: 1.0, 120.0: 10.0}),
        ("-errors", {0.0: -2.0, 60.0: 0.0, 120.0: -9.0}),
        ("requests ^ 2", {0.0: 100.0, 60.0: 0.0, 120.0: 144.0, 180.0: 25.0}),
        ("errors >= 2", {0.0: 1.0, 60.0: 0.0, 120.0: 1.0}),
        ("errors > 1 AND requests > 11", {0.0: 0.0, 60.0: 0.0, 120.0: 1.0}),
        ("errors > 1 || requests < 1", {0.0: 1.0, 60.0: 1.0, 120.0: 1.0}),
        ("IF(errors >= 5, 100 * errors / requests, 0)", {0.0: 0.0, 60.0: 0.0, 120.0: 75.0}),
        ("IF(requests, errors, 7)", {0.0: 2.0, 60.0: 7.0, 120.0: 9.0}),
        ("FILL(errors, 0)", {0.0: 2.0, 60.0: 0.0, 120.0: 9.0, 180.0: 0.0}),
        ("fill(errors, REPEAT)", {0.0: 2.0, 60.0: 0.0, 120.0: 9.0, 180.0: 9.0}),
        ("SUM([errors, requests])", {0.0: 12.0, 60.0: 0.0, 120.0: 21.0, 180.0: 5.0}),
        ("MAX(METRICS())", {0.0: 10.0, 60.0: 0.0, 120.0: 12.0, 180.0: 5.0}),
        ("SUM(errors)", 11.0),
        ("AVG(requests)", 6.75),
        ("ABS(errors - requests)", {0.0: 8.0, 60.0: 0.0, 120.0: 3.0}),
    ],
)
def test_expressions(text: str, value: Operand) -> None:
    assert Expression(text).evaluate(KNOWN, MOMENTS) == value


def test_it_is_known_which_ids_an_expression_uses() -> None:
    assert Expression("IF(errors > 1, FILL(requests, REPEAT), 0)").names == {"errors", "requests"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("errors +", "Error in expression"),
        ("ANOMALY_DETECTION_BAND(errors)", "is not simulated"),
        ("__import__('os')", "is not simulated"),
        ("errors.values", "not supported"),
        ("[x for x in errors]", "not supported"),
        ("lambda: 1", "not supported"),
    ],
)
def test_what_is_no_metric_math_is_refused(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        Expression(text)


@pytest.mark.parametrize("text", ["latency + 1", "errors % 2", "'text'"])
def test_what_has_no_value_is_refused(text: str) -> None:
    expression = Expression(text)
    with pytest.raises(ExpressionError):
        expression.evaluate(KNOWN, MOMENTS)
