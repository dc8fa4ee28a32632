"""A workgroup of Athena with queries in it is deleted only with `RecursiveDeleteOption`, and they with it.

https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteWorkGroup.html
"""

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import athena

from local_aws import cloudformation
from local_aws.cloudformation import Properties

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.core.responses:error_response_json",
    "ministack.services.athena:_delete_workgroup",
    "ministack.services.athena:_executions",
    "ministack.services.athena:_named_queries",
)


def install() -> None:
    """Put this overlay in place."""
    original = athena._delete_workgroup

    def delete_workgroup(data: Mapping[str, Any]) -> Any:
        name = data["WorkGroup"]
        contents = [
            (store, key)
            for store in (athena._executions, athena._named_queries)
            for key, record in store.items()
            if record["WorkGroup"] == name
        ]
        if contents and not data.get("RecursiveDeleteOption"):
            return error_response_json("InvalidRequestException", f"WorkGroup {name} is not empty", 400)
        answer = original(data)
        if answer[0] < 400:
            for store, key in contents:
                store.pop(key, None)
        return answer

    athena._delete_workgroup = delete_workgroup
    cloudformation.before_delete("AWS::Athena::WorkGroup", _delete)


def _delete(name: str, properties: Properties) -> None:
    """Delete it before ministack does, which wouldn't tell if it was refused."""
    recursive = cloudformation.is_true(properties.get("RecursiveDeleteOption"))
    answer = athena._delete_workgroup({"WorkGroup": name, "RecursiveDeleteOption": recursive})
    cloudformation.succeed(answer, f"DeleteWorkGroup of {name}")
