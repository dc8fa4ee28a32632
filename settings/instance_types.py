"""Which instance types SageMaker takes for what, from botocore's service model.

Uses botocore only, so that a function can carry this module as it is.
"""

from difflib import get_close_matches
from functools import cache
from typing import Literal

from botocore.loaders import Loader

Use = Literal["training", "processing", "transform", "hosting"]

_ENUMS: dict[Use, str] = {
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
    "transform": "TransformInstanceType",
    "hosting": "ProductionVariantInstanceType",
}

_FAMILIES_WITH_LOCAL_STORAGE = frozenset(
    {
        "c5d", "c6gd", "dl1", "g4dn", "g5", "g6", "g6e", "g7", "g7e", "m5d", "m6gd", "p3dn", "p4d", "p4de",
        "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200", "r5d", "r6gd", "r7gd", "trn1", "trn1n",
        "trn2",
    }
)  # fmt: skip
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-volumes.html"""


@cache
def known(use: Use) -> tuple[str, ...]:
    """All instance types that SageMaker's API accepts for a use."""
    shapes = Loader().load_service_model("sagemaker", "service-2")["shapes"]
    return tuple(shapes[_ENUMS[use]]["enum"])


def problems(use: Use, instance_type: str) -> list[str]:
    """Say why the platform can't use an instance type so; nothing when it can."""
    if instance_type not in known(use):
        near = ", ".join(get_close_matches(instance_type, known(use), n=3) or _usual(use))
        return [f'"{instance_type}" is not allowed; instance types for {use} are, for example, {near}']
    if has_local_storage(instance_type):
        reason = "it stores on its own disks, which can't be encrypted with the platform's key"
        return [f'"{instance_type}" is not allowed; {reason}']
    return []


def has_local_storage(instance_type: str) -> bool:
    """Whether a known type's disks are the instance's own, for which SageMaker refuses a VolumeKmsKeyId."""
    return instance_type.split(".")[1] in _FAMILIES_WITH_LOCAL_STORAGE


def _usual(use: Use) -> list[str]:
    return [instance_type for instance_type in known(use) if instance_type.startswith("ml.m5.")]
