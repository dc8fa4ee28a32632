"""States that read and write the documents a run keeps in S3."""

from collections.abc import Mapping
from typing import Any

from stacks.constructs.states import API_CALL_SECONDS, S3_ERRORS, State, catch, expression, task


def read_document(
    state: str,
    bucket: str,
    key: str,
    *,
    assign: Mapping[str, str],
    following: str,
    failing: str = "NotifyFailure",
) -> State:
    """Read an object; `key` is a JSONata expression, and `$parse($states.result.Body)` the document."""
    return task(
        "aws-sdk:s3:getObject",
        {"Bucket": "${" + bucket + "}", "Key": expression(key)},
        timeout_seconds=API_CALL_SECONDS,
        errors=S3_ERRORS,
        assign=assign,
        catching=catch(state, f"'the object ' & {key}", failing),
        following=following,
    )


def write_document(
    state: str, key: str, document: Any, *, following: str, failing: str = "NotifyFailure"
) -> State:
    """Write a JSON document into the artifacts bucket; `key` is a JSONata expression."""
    return task(
        "aws-sdk:s3:putObject",
        {"Bucket": "${ArtifactsBucket}", "Key": expression(key), "Body": document},
        timeout_seconds=API_CALL_SECONDS,
        errors=S3_ERRORS,
        catching=catch(state, f"'the object ' & {key}", failing),
        following=following,
    )
