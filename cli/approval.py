"""`approve` and `reject`: the decision that starts a deployment, or keeps a model from one."""

import json
from typing import Final

from cli.platform import Platform
from cli.registry import ModelPackage
from settings.workload import Workload

APPROVED: Final = "Approved"
PENDING: Final = "PendingManualApproval"
REJECTED: Final = "Rejected"


def approve(platform: Platform, workload: Workload, package: ModelPackage) -> str | None:
    """Approve the package, which starts its deployment.

    An approved package can't change to approved, so no event would follow: it is deployed (again) at
    once, which is how to roll back. Returns the ARN of the deployment started this way, else None.
    """
    if package.approval != APPROVED:
        _decide(platform, package, APPROVED)
        return None
    answer = platform.client("stepfunctions").start_execution(
        stateMachineArn=platform.deployment_state_machine(workload),
        input=json.dumps({"detail": {"ModelPackageArn": package.arn}}),
    )
    return str(answer["executionArn"])


def reject(platform: Platform, package: ModelPackage) -> None:
    """Reject the package; an endpoint that serves it already goes on."""
    _decide(platform, package, REJECTED)


def _decide(platform: Platform, package: ModelPackage, status: str) -> None:
    caller = platform.client("sts").get_caller_identity()["Arn"]
    platform.client("sagemaker").update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=status,
        ApprovalDescription=f"{status} with manage.py by {caller}",
    )
