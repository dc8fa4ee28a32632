"""Metric data queries: metrics and expressions on them, each known by its id.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws.cloudwatch import series
from local_aws.cloudwatch.expressions import Expression, ExpressionError, Operand

Query = Mapping[str, Any]

_LEAST_PERIOD = 60


class QueryError(ValueError):
    """Queries that can't be answered; the text is AWS's where it is known."""


def check(queries: Sequence[Query]) -> None:
    """Raise QueryError unless the queries can be evaluated here."""
    ids = [query["Id"] for query in queries]
    for query in queries:
        if ids.count(query["Id"]) > 1:
            raise QueryError(
                f"The values for parameter id in MetricDataQueries are not unique: {query['Id']}"
            )
        if ("MetricStat" in query) == ("Expression" in query):
            raise QueryError(f"{query['Id']} must have exactly one of MetricStat and Expression")
        if "MetricStat" in query and not series.is_statistic(query["MetricStat"]["Stat"]):
            raise QueryError(f"The statistic {query['MetricStat']['Stat']} is not simulated")
        unknown = sorted(_names(query) - set(ids))
        if unknown:
            raise QueryError(
                f"Error in expression '{query['Expression']}': The following ids are not defined: {unknown}"
            )


def _names(query: Query) -> frozenset[str]:
    if "Expression" not in query:
        return frozenset()
    try:
        return Expression(query["Expression"]).names
    except ExpressionError as error:
        raise QueryError(str(error)) from None


def periods(queries: Sequence[Query]) -> list[int]:
    """The periods that metrics and expressions ask for, in seconds."""
    asked = (query.get("MetricStat", query).get("Period") for query in queries)
    return [int(period) for period in asked if period] or [_LEAST_PERIOD]


class Evaluation:
    """The values of checked queries, in periods from `start` up to `end` (epoch seconds).

    A period lasts `seconds_of_a_minute` for each 60 seconds of it.
    """

    def __init__(
        self, queries: Sequence[Query], start: float, end: float, *, seconds_of_a_minute: float = 60.0
    ) -> None:
        self._queries = {query["Id"]: query for query in queries}
        self._start = start
        self._end = end
        self._scale = seconds_of_a_minute / 60
        self._longest = max(periods(queries))
        self._values: dict[str, Operand] = {}
        self._asked: set[str] = set()

    def value(self, query_id: str) -> Operand:
        """The series of a query, or the number that its expression is.

        Raises:
            QueryError: expressions use one another in a circle, or don't fit what they are applied to.
        """
        if query_id not in self._values:
            if query_id in self._asked:
                raise QueryError(f"The id {query_id} is defined by itself")
            self._asked.add(query_id)
            self._values[query_id] = self._value(self._queries[query_id])
        return self._values[query_id]

    def _value(self, query: Query) -> Operand:
        if "Expression" not in query:
            stat = query["MetricStat"]
            length = stat["Period"] * self._scale
            return series.of_metric(
                stat["Metric"], stat["Stat"], stat.get("Unit"), self._start, self._end, length
            )
        expression = Expression(query["Expression"])
        wanted = expression.names if "METRICS" not in query["Expression"].upper() else self._metrics()
        known = {name: self.value(name) for name in sorted({*wanted, *expression.names})}
        try:
            return expression.evaluate(known, self._moments(query.get("Period") or self._longest))
        except (ExpressionError, TypeError, IndexError, AttributeError) as error:
            raise QueryError(f"Error in expression '{query['Expression']}': {error}") from None

    def _metrics(self) -> list[str]:
        return [query_id for query_id, query in self._queries.items() if "MetricStat" in query]

    def _moments(self, period: float) -> list[float]:
        length = period * self._scale
        count = int((self._end - self._start) // length)
        return [self._start + index * length for index in range(max(count, 1))]
