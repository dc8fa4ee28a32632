"""Tags of resources."""

from typing import Any

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import ServiceError, validation_error

_MOST_TAGS = 50


def add_tags(params: dict[str, Any]) -> dict[str, Any]:
    """AddTags: set tags of a resource; the answer holds all it has then."""
    held = _tags_of(params["ResourceArn"])
    with store.lock:
        added = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        if len(held.keys() | added.keys()) > _MOST_TAGS:
            raise ServiceError("ResourceLimitExceeded", f"A resource can have at most {_MOST_TAGS} tags.")
        held.update(added)
    return list_tags({"ResourceArn": params["ResourceArn"]})


def list_tags(params: dict[str, Any]) -> dict[str, Any]:
    """ListTags: the tags of a resource."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tags_of(params["ResourceArn"]).items()]}


def delete_tags(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteTags: drop tags of a resource; those it hasn't are passed over."""
    held = _tags_of(params["ResourceArn"])
    with store.lock:
        for key in params["TagKeys"]:
            held.pop(key, None)
    return {}


def _tags_of(arn: str) -> dict[str, str]:
    held = store.tags(arn)
    if held is None:
        raise validation_error(f"Could not find resource {arn}.")
    return held
