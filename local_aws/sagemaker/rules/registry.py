"""Rules for the Model Registry."""

from typing import Any

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import conflict, validation_error
from local_aws.sagemaker.kinds import MODEL_PACKAGE, MODEL_PACKAGE_GROUP
from local_aws.sagemaker.rules import shared


def check_model_package(params: dict[str, Any]) -> None:
    """Every rule for CreateModelPackage."""
    package_is_versioned(params)
    tags_are_on_the_group(params)
    store.get(MODEL_PACKAGE_GROUP, params["ModelPackageGroupName"])
    for container in params.get("InferenceSpecification", {}).get("Containers", []):
        container_has_image(container)


def package_is_versioned(params: dict[str, Any]) -> None:
    """A package belongs to a group; the unversioned ones, for the Marketplace, are none of this AWS."""
    if "ModelPackageGroupName" not in params or "ModelPackageName" in params:
        raise validation_error(
            "ModelPackageGroupName must be specified, without ModelPackageName: only versioned model "
            "packages are "
            "supported here."
        )


def tags_are_on_the_group(params: dict[str, Any]) -> None:
    """Versions carry no tags of their own."""
    if params.get("Tags"):
        raise validation_error(
            "Tags are not supported for versioned model packages. Add the tags to the model package group "
            "instead."
        )


def container_has_image(container: dict[str, Any]) -> None:
    """A package's container says which image serves it."""
    if "Image" not in container:
        raise validation_error("Each container of an InferenceSpecification must have an Image.")
    shared.image_is_known(container["Image"])


def group_is_empty(group: str) -> None:
    """A group can be deleted when all its versions are."""
    packages = [item for item in store.records(MODEL_PACKAGE) if item["ModelPackageGroupName"] == group]
    if packages:
        raise conflict(
            f"Model Package Group {MODEL_PACKAGE_GROUP.arn(group)} cannot be deleted: it contains "
            f"{len(packages)} model package versions. Delete them first."
        )
