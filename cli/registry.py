"""Model packages in the registry: which there are, what they measured, and their approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import OperatorError
from cli.platform import Platform
from settings.workload import Workload


@dataclass(frozen=True)
class ModelPackage:
    """A model that passed its gate; `metadata` names its run, the run's artifacts and the data's checksum."""

    arn: str
    group: str
    version: int
    approval: str
    created: datetime
    metadata: Mapping[str, str]

    @property
    def run(self) -> str:
        """Id of the run that trained it."""
        return self.metadata.get("run", "")

    @property
    def artifacts_uri(self) -> str:
        """S3 prefix of the run's artifacts, ending with a slash."""
        return self.metadata["artifacts_uri"]


def describe(platform: Platform, arn: str) -> ModelPackage:
    """The package with this ARN.

    Raises:
        OperatorError: there is none.
    """
    try:
        answer = platform.client("sagemaker").describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ValidationException", "ResourceNotFound"):
            raise
        raise OperatorError(
            f"There is no model package {arn} on {platform.target}: "
            f"`{platform.command('status')}` names the newest."
        ) from error
    return _package(answer)


def newest(platform: Platform, workload: Workload) -> ModelPackage | None:
    """The newest package of the workload, or None before the first accepted run."""
    packages = _list(platform, workload, MaxResults=1)
    return describe(platform, packages[0]["ModelPackageArn"]) if packages else None


def newest_approved_version(platform: Platform, workload: Workload) -> int | None:
    """The version of the newest approved package, or None."""
    packages = _list(platform, workload, ModelApprovalStatus="Approved", MaxResults=1)
    return int(packages[0]["ModelPackageVersion"]) if packages else None


def find(platform: Platform, reference: str) -> tuple[Workload, ModelPackage]:
    """The package that an ARN, `workload:version` or `workload` (its newest) refers to, and its workload.

    Raises:
        OperatorError: nothing fits; the text says what there is.
    """
    if reference.startswith("arn:"):
        package = describe(platform, reference)
        for workload in platform.workloads:
            if platform.package_group(workload) == package.group:
                return workload, package
        raise OperatorError(
            f"{reference} belongs to group {package.group}, which is no workload's of this environment "
            f"({platform.environment.name}): choose the environment with --env."
        )
    name, _, version = reference.partition(":")
    workload = platform.workload(name)
    return workload, _find_version(platform, workload, version)


def _find_version(platform: Platform, workload: Workload, version: str) -> ModelPackage:
    packages = _list(platform, workload)
    if not packages:
        raise OperatorError(
            f"{workload.name} has no model package yet: "
            f"`{platform.command(f'train {workload.name} --wait')}` makes one "
            "when its metric passes the gate."
        )
    for package in packages:
        if not version or str(package["ModelPackageVersion"]) == version:
            return describe(platform, package["ModelPackageArn"])
    known = ", ".join(str(package["ModelPackageVersion"]) for package in packages[:20])
    raise OperatorError(f"{workload.name} has no model package version {version}. The newest are: {known}.")


def _list(platform: Platform, workload: Workload, **options: Any) -> list[dict[str, Any]]:
    """Summaries, newest first."""
    answer: dict[str, list[dict[str, Any]]] = platform.client("sagemaker").list_model_packages(
        ModelPackageGroupName=platform.package_group(workload),
        SortBy="CreationTime",
        SortOrder="Descending",
        **options,
    )
    return answer["ModelPackageSummaryList"]


def _package(answer: Mapping[str, Any]) -> ModelPackage:
    return ModelPackage(
        arn=answer["ModelPackageArn"],
        group=answer["ModelPackageGroupName"],
        version=answer["ModelPackageVersion"],
        approval=answer["ModelApprovalStatus"],
        created=answer["CreationTime"],
        metadata=answer.get("CustomerMetadataProperties", {}),
    )
