"""Queries of Athena run under their workgroup's rules and with their caller's permissions.

ministack's run for anyone, whatever the workgroup enforces, and leave results unencrypted. DuckDB, which
speaks most of Athena's SQL, answers from the objects in S3.
https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-per-query.html
https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
"""

import csv
import io
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlparse

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import athena, glue, kms, s3

from local_aws import cloudformation, enforcement
from local_aws.overlays import partition_projection as projection

HOOKS = (
    "ministack.core.iam_actions:extract_resource_arn",
    "ministack.core.iam_evaluator:_verified_key",
    "ministack.core.responses:error_response_json",
    "ministack.services.athena:_execute_query",
    "ministack.services.athena:_executions",
    "ministack.services.athena:_hidden",
    "ministack.services.athena:_save_query_results",
    "ministack.services.athena:_start_query_execution",
    "ministack.services.athena:_table_references",
    "ministack.services.athena:_workgroups",
    "ministack.services.glue:_tables",
    "ministack.services.kms:_resolve_key",
    "ministack.services.s3:_buckets",
    "ministack.services.s3:_put_object",
)

_PRIMARY = "primary"
_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"

Execute = Callable[..., Awaitable[None]]


class _Read(NamedTuple):
    """A table that a query names, and where it is read."""

    database: str
    table: Mapping[str, Any]
    places: list[projection.Place]


def install() -> None:
    """Put this overlay in place."""
    athena._start_query_execution = _in_workgroup(athena._start_query_execution)
    athena._execute_query = _with_permissions(athena._execute_query)
    athena._save_query_results = _save_results
    iam_actions.extract_resource_arn = _by_workgroup(iam_actions.extract_resource_arn)


def _in_workgroup(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def start_query_execution(data: dict[str, Any]) -> Any:
        name = data.get("WorkGroup", _PRIMARY)
        workgroup = athena._workgroups.get(name)
        if workgroup is None:
            return error_response_json("InvalidRequestException", f"WorkGroup {name} is not found.", 400)
        if workgroup["State"] != "ENABLED":
            return error_response_json("InvalidRequestException", f"WorkGroup {name} is disabled.", 400)
        configuration = workgroup.get("Configuration") or {}
        asked, own = data.get("ResultConfiguration") or {}, configuration.get("ResultConfiguration") or {}
        enforced = cloudformation.is_true(configuration.get("EnforceWorkGroupConfiguration", True))
        result = {**asked, **own} if enforced else {**own, **asked}
        if result.get("OutputLocation"):
            result["OutputLocation"] = result["OutputLocation"].rstrip("/") + "/"
        answer = original({**data, "ResultConfiguration": result})
        if answer[0] < 400:
            execution = athena._executions[json.loads(answer[2])["QueryExecutionId"]]
            execution["ResultConfiguration"].update(
                {key: value for key, value in result.items() if key != "OutputLocation"}
            )
        return answer

    return start_query_execution


def _with_permissions(original: Execute) -> Execute:
    async def execute_query(
        query_id: str, query: str, database: str, ddl: Any, catalog: str | None = None
    ) -> None:
        execution = athena._executions[query_id]
        role = enforcement.caller_role(iam_evaluator._verified_key.get())
        try:
            read = list(_reads(query, database))
            scanned = _require_data(role, read)
            _require_output(role, execution)
        except projection.NotProjectedError as error:
            _end(execution, "FAILED", str(error))
            return
        except enforcement.AccessDenied as error:
            _end(execution, "FAILED", f"Insufficient permissions to execute the query. {error}")
            return
        limit = _limit(execution["WorkGroup"])
        if limit is not None and scanned > limit:
            _end(execution, "CANCELLED", "Query cancelled! : Bytes scanned limit was exceeded")
            return
        projection.use(
            {
                each.table["StorageDescriptor"]["Location"]: each.places
                for each in read
                if projection.is_projected(each.table)
            }
        )
        await original(query_id, query, database, ddl, catalog)
        execution["Statistics"]["DataScannedInBytes"] = scanned

    return execute_query


def _end(execution: dict[str, Any], state: str, reason: str) -> None:
    submitted = execution["Status"]["SubmissionDateTime"]
    execution["Status"].update(State=state, StateChangeReason=reason, CompletionDateTime=submitted)


def _limit(workgroup: str) -> int | None:
    """The most bytes that a query of the workgroup may scan."""
    configuration = athena._workgroups[workgroup].get("Configuration") or {}
    limit = configuration.get("BytesScannedCutoffPerQuery")
    return int(limit) if limit else None


def _reads(query: str, database: str) -> Iterator[_Read]:
    """What is read of each table that a query names and the catalogue has.

    Raises:
        NotProjectedError: it can't be told for a table whose partitions are made up.
    """
    for reference in athena._table_references(query):
        name = reference.database or database or "default"
        table = glue._tables.get(f"{name}/{reference.table}")
        if table is not None:
            yield _Read(name, table, projection.places(table, query))


def _require_data(role: str | None, read: list[_Read]) -> int:
    """Check that the caller may read the tables and their objects; gives their size in bytes."""
    for each in read:
        _require_catalogue(role, each.database, each.table)
    return sum(_require_objects(role, place.location) for each in read for place in each.places)


def _require_objects(role: str | None, location: str) -> int:
    place = urlparse(location)
    bucket, prefix = f"arn:aws:s3:::{place.netloc}", place.path.strip("/") + "/"
    _require(role, "s3:ListBucket", bucket, {"s3:prefix": prefix})
    size = 0
    for key, record in _objects(place.netloc, prefix):
        _require(role, "s3:GetObject", f"{bucket}/{key}")
        _require_key(role, "kms:Decrypt", record.get("preserved_headers", {}).get(_KEY_HEADER))
        size += int(record.get("size", 0))
    return size


def _require_catalogue(role: str | None, database: str, table: Mapping[str, Any]) -> None:
    """Glue asks for a permission on the catalogue, the database and the table."""
    base = f"arn:aws:glue:{get_region()}:{get_account_id()}:"
    places = ["catalog", f"database/{database}", f"table/{database}/{table['Name']}"]
    needed = {"glue:GetDatabase": places[:2], "glue:GetTable": places}
    if table.get("PartitionKeys") and not projection.is_projected(table):
        needed["glue:GetPartitions"] = places
    for action, resources in needed.items():
        for resource in resources:
            _require(role, action, f"{base}{resource}")


def _require_output(role: str | None, execution: Mapping[str, Any]) -> None:
    location = urlparse(execution["ResultConfiguration"]["OutputLocation"])
    bucket = f"arn:aws:s3:::{location.netloc}"
    _require(role, "s3:GetBucketLocation", bucket)
    _require(role, "s3:PutObject", f"{bucket}{location.path}")
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        _require_key(role, action, _encryption(execution).get("KmsKey"))


def _require_key(role: str | None, action: str, key_id: str | None) -> None:
    key = kms._resolve_key(key_id) if key_id and "alias/aws/" not in key_id else None
    if key is not None:
        _require(role, action, key["Arn"], {"kms:ViaService": f"s3.{get_region()}.amazonaws.com"})


def _require(role: str | None, action: str, resource: str, context: Mapping[str, Any] | None = None) -> None:
    """Check a role; other callers are the account's root or its users, who are let through."""
    if role is not None:
        enforcement.require(role, action, resource, context)


def _objects(bucket: str, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    held = s3._buckets.get(bucket)
    for key, record in list(held["objects"].items()) if held else ():
        if key.startswith(prefix) and not key.endswith("/") and not athena._hidden(key[len(prefix) :]):
            yield key, record


def _encryption(execution: Mapping[str, Any]) -> Mapping[str, str]:
    return execution["ResultConfiguration"].get("EncryptionConfiguration") or {}


async def _save_results(query_id: str) -> None:
    """Write the results as CSV to where the execution says they are, encrypted as it says."""
    execution = athena._executions[query_id]
    location = urlparse(execution["ResultConfiguration"]["OutputLocation"])
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(execution["_results"]["columns"])
    writer.writerows(execution["_results"]["rows"])
    headers = {"content-type": "application/octet-stream", **_encryption_headers(_encryption(execution))}
    answer = s3._put_object(location.netloc, location.path.lstrip("/"), text.getvalue().encode(), headers)
    if answer[0] >= 400:
        raise ValueError(f"An error occurred while writing to S3: {answer[2].decode('utf-8', 'replace')}")


def _encryption_headers(encryption: Mapping[str, str]) -> dict[str, str]:
    option = encryption.get("EncryptionOption")
    if option == "SSE_S3":
        return {"x-amz-server-side-encryption": "AES256"}
    if option in ("SSE_KMS", "CSE_KMS"):
        return {"x-amz-server-side-encryption": "aws:kms", _KEY_HEADER: encryption["KmsKey"]}
    return {}


def _by_workgroup(original: Callable[..., str]) -> Callable[..., str]:
    """A query's execution is authorized on the workgroup it runs in."""

    def extract_resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> str:
        arn = original(service, method, path, headers, body, *rest)
        if service != "athena" or arn != "*":
            return arn
        try:
            execution = athena._executions.get(json.loads(body or b"{}").get("QueryExecutionId"))
        except (ValueError, AttributeError):
            return arn
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if execution is None and operation != "StartQueryExecution":
            return arn
        workgroup = execution["WorkGroup"] if execution else _PRIMARY
        return f"arn:aws:athena:{get_region()}:{get_account_id()}:workgroup/{workgroup}"

    return extract_resource_arn
