"""Rules that hold for several kinds of resource."""

import re
from collections import Counter
from collections.abc import Iterable

from ministack.core.responses import get_region

from local_aws import credentials
from local_aws.images.catalogue import Image, UnknownImageError, resolve
from local_aws.sagemaker.errors import validation_error

_SERVICE = "sagemaker.amazonaws.com"
# Families whose instances have disks of their own: the d variants, and accelerated ones with NVMe storage.
_LOCAL_STORAGE = re.compile(
    r"ml\.([a-z]+\d+[a-z]*d[a-z]*|dl1|g5|g6e?|g7e?|p5(e|en)?|p6e?(-[a-z]+\d+)?|trn1n?|trn2)\."
)


def role_can_be_assumed(role_arn: str) -> None:
    """The role exists, and trusts SageMaker."""
    try:
        credentials.check_assumable(role_arn, _SERVICE)
    except credentials.RoleNotAssumable as error:
        raise validation_error(str(error)) from None


def image_is_known(uri: str) -> Image:
    """The image is an ECR image of this region, and there is a local image of that name; returns it."""
    try:
        return resolve(uri, get_region())
    except UnknownImageError as error:
        raise validation_error(str(error)) from None


def volume_key_fits_instance(instance_type: str, kms_key: str | None, parameter: str) -> None:
    """Local storage is encrypted by the instance itself, so that no key can be given for it."""
    if kms_key and _LOCAL_STORAGE.match(instance_type):
        raise validation_error(
            f"{parameter} is not supported for instance type {instance_type}: its local storage volumes are "
            "encrypted by a hardware module on the instance. Leave the key out, or choose an instance type "
            "with EBS storage only."
        )


def names_are_unique(names: Iterable[str], what: str) -> None:
    """No two parts of a request have the same name."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise validation_error(f"Duplicate {what} found: {', '.join(repeated)}. {what}s must be unique.")
