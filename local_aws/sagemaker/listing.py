"""List operations: filters, order and pages, as they are the same for every kind of resource."""

import base64
import json
from collections.abc import Callable
from typing import Any

from local_aws.sagemaker import model, store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.kinds import Kind
from local_aws.sagemaker.store import Record

_DEFAULT_PAGE = 10
_LARGEST_PAGE = 100


def answer(
    kind: Kind,
    params: dict[str, Any],
    keep: Callable[[Record], bool] = lambda _record: True,
    show: Callable[[Record], Record] = lambda record: record,
) -> dict[str, Any]:
    """The answer of `List<Kind>s` to `params`, of those records that `keep` keeps, as `show` shows them.

    Raises:
        ServiceError: the token is none that a former page gave.
    """
    operation = f"List{kind.name}s"
    found = [record for record in store.records(kind) if keep(record) and _matches(kind, record, params)]
    found.sort(
        key=_sort_key(kind, params), reverse=params.get("SortOrder", kind.default_order) == "Descending"
    )
    shown = [model.summary(operation, kind.summaries, show(record)) for record in found]
    return page(kind.summaries, shown, params)


def page(member: str, summaries: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    """The page of the summaries that `params` asks for, as an answer's `member`.

    Raises:
        ServiceError: the token is none that a former page gave.
    """
    start = _offset(params.get("NextToken"))
    end = start + min(params.get("MaxResults", _DEFAULT_PAGE), _LARGEST_PAGE)
    answered: dict[str, Any] = {member: summaries[start:end]}
    if end < len(summaries):
        answered["NextToken"] = base64.urlsafe_b64encode(json.dumps({"offset": end}).encode()).decode()
    return answered


def _matches(kind: Kind, record: Record, params: dict[str, Any]) -> bool:
    name = str(record.get(f"{kind.name}Name", ""))
    status = params.get("StatusEquals")
    return (
        params.get("NameContains", "").lower() in name.lower()
        and (status is None or record.get(f"{kind.name}Status") == status)
        and _within(record, "CreationTime", params)
        and _within(record, "LastModifiedTime", params)
    )


def _within(record: Record, field: str, params: dict[str, Any]) -> bool:
    after, before = params.get(f"{field}After"), params.get(f"{field}Before")
    value = record[field]
    return (after is None or value > after) and (before is None or value < before)


def _sort_key(kind: Kind, params: dict[str, Any]) -> Callable[[Record], Any]:
    fields = {"Name": f"{kind.name}Name", "Status": f"{kind.name}Status"}
    field = fields.get(params.get("SortBy", "CreationTime"), "CreationTime")
    return lambda record: (record.get(field, ""), record["CreationTime"])


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["offset"])
    except (ValueError, KeyError, TypeError):
        raise validation_error("Invalid pagination token") from None
