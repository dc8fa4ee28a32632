"""Queries to Athena, waited for."""

from __future__ import annotations

import time
from typing import Any

QUERY_SECONDS = 120


def ended_query(athena: Any, sql: str, *, workgroup: str, database: str, **more: Any) -> dict[str, Any]:
    """Run a query; gives its execution, however it ended."""
    query = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": database},
        WorkGroup=workgroup,
        **more,
    )["QueryExecutionId"]
    deadline = time.monotonic() + QUERY_SECONDS
    while time.monotonic() < deadline:
        found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return found
        time.sleep(0.05)
    raise AssertionError("the query is still running")


def answers(athena: Any, ended: dict[str, Any]) -> list[list[str]]:
    """The rows of an execution that succeeded, the columns' names first."""
    assert ended["Status"]["State"] == "SUCCEEDED", ended["Status"]
    found = athena.get_query_results(QueryExecutionId=ended["QueryExecutionId"])["ResultSet"]["Rows"]
    return [[cell["VarCharValue"] for cell in row["Data"]] for row in found]
