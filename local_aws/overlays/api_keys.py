"""A disabled API key opens nothing.

UpdateApiKey's values are strings; ministack keeps "false" as one, which it takes for enabled.
https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateApiKey.html
"""

from typing import Any

from ministack.services import apigateway_v1

HOOKS = ("ministack.services.apigateway_v1:_update_api_key",)


def install() -> None:
    """Put this overlay in place."""
    original = apigateway_v1._update_api_key

    def update_api_key(key_id: str, data: dict[str, Any]) -> Any:
        operations = [_with_flag(operation) for operation in data.get("patchOperations") or []]
        return original(key_id, {**data, "patchOperations": operations})

    apigateway_v1._update_api_key = update_api_key


def _with_flag(operation: dict[str, Any]) -> dict[str, Any]:
    if operation.get("path") != "/enabled":
        return operation
    return {**operation, "value": str(operation.get("value")).lower() == "true"}
