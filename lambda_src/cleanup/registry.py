"""The model packages of a group, which SageMaker deletes only when it is empty.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteModelPackageGroup.html
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .deletion import attempt, passing


@dataclass(frozen=True, kw_only=True)
class RegistryCleanup:
    """Removes all versions in a model package group."""

    sagemaker: Any

    def sweep(self, group: str) -> list[str]:
        """Delete what can be deleted; returns what is left to try again, in words.

        Any error that time doesn't heal, such as a missing permission, is raised as botocore's `ClientError`.
        """
        try:
            packages = self._packages(group)
        except ClientError as error:
            return [passing(error, f"the packages of {group}")]
        left: list[str] = []
        for arn in packages:
            left += attempt(f"model package {arn}", self.sagemaker.delete_model_package, ModelPackageName=arn)
        return left

    def _packages(self, group: str) -> list[str]:
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        return [summary["ModelPackageArn"] for page in pages for summary in page["ModelPackageSummaryList"]]
