"""The records of all resources, by account, region and name, and their tags.

A record holds the fields of the resource's Describe answer under AWS's names; what the service keeps for
itself has names that begin with an underscore. Points in time are epoch seconds.
"""

import copy
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, request_scope

from local_aws.sagemaker.kinds import KINDS, Kind

Record = dict[str, Any]

lock = threading.RLock()

_records: dict[str, AccountRegionScopedDict] = {kind.name: AccountRegionScopedDict() for kind in KINDS}
_tags: AccountRegionScopedDict = AccountRegionScopedDict()


def create(kind: Kind, name: str, fields: Record) -> Record:
    """Keep a new record, with its name, ARN and times; its tags go to the tags.

    Raises:
        ServiceError: the name is taken.
    """
    now = time.time()
    arn = kind.arn(name)
    record = {
        f"{kind.name}Name": name,
        **copy.deepcopy(fields),
        f"{kind.name}Arn": arn,
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    tags = record.pop("Tags", None) or []
    with lock:
        if name in _records[kind.name]:
            raise kind.already_exists(name)
        _records[kind.name][name] = record
        _tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}
    return record


def get(kind: Kind, name: str) -> Record:
    """The record of that name; raises the kind's ServiceError if there is none."""
    record = find(kind, name)
    if record is None:
        raise kind.not_found(name)
    return record


def find(kind: Kind, name: str) -> Record | None:
    """The record of that name, or None."""
    record: Record | None = _records[kind.name].get(name)
    return record


def update(record: Record, **fields: Any) -> None:
    """Set fields of a record, and the time of its last change; a field set to None is dropped."""
    with lock:
        record["LastModifiedTime"] = time.time()
        record.update(fields)
        for name in [name for name, value in fields.items() if value is None]:
            del record[name]


def remove(kind: Kind, name: str) -> Record:
    """Forget the record of that name and its tags; raises the kind's ServiceError if there is none."""
    with lock:
        record = get(kind, name)
        del _records[kind.name][name]
        _tags.pop(record[f"{kind.name}Arn"], None)
    return record


def records(kind: Kind) -> list[Record]:
    """Every record of a kind in the caller's account and region."""
    with lock:
        return list(_records[kind.name].values())


def tags(arn: str) -> dict[str, str] | None:
    """The tags of a resource, to read or to change; None if there is no such resource."""
    found: dict[str, str] | None = _tags.get(arn)
    return found


def all_tags() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The ARN and the tags of every resource in the caller's account and region."""
    for arn, held in list(_tags.items()):
        yield arn, [{"Key": key, "Value": value} for key, value in held.items()]


def for_each(kind: Kind, act: Callable[[Record], None]) -> None:
    """Call `act` with every record of a kind, each in its own account's and region's scope."""
    for account, region, record in list(_scoped(kind)):
        with request_scope(account, region):
            act(record)


def snapshot() -> dict[str, Any]:
    """Everything, as ministack persists it."""
    with lock:
        return {
            "records": {name: _copied(records_) for name, records_ in _records.items()},
            "tags": _copied(_tags),
        }


def restore(state: dict[str, Any]) -> None:
    """Take over what `snapshot` gave."""
    with lock:
        for name, saved in state.get("records", {}).items():
            _records[name]._data.update(saved._data)
        if "tags" in state:
            _tags._data.update(state["tags"]._data)


def clear() -> None:
    """Forget everything, of every account and region."""
    with lock:
        for held in (*_records.values(), _tags):
            held._data.clear()


def _scoped(kind: Kind) -> Iterator[tuple[str, str, Record]]:
    for (account, region, _), record in list(_records[kind.name]._data.items()):
        yield account, region, record


def _copied(held: AccountRegionScopedDict) -> AccountRegionScopedDict:
    copied = AccountRegionScopedDict()
    copied._data.update(copy.deepcopy(held._data))
    return copied
