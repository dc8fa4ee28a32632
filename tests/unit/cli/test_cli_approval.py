import json

import pytest

from cli import approval, registry
from cli.errors import OperatorError
from cli.platform import Platform
from tests.unit.cli.stubbed_aws import (
    ARN,
    DEPLOYMENT_MACHINE,
    PACKAGE,
    PACKAGE_GROUP,
    StubbedTarget,
    package_description,
)

CALLER = "arn:aws:iam::000000000000:user/ada"
LISTING = {"ModelPackageGroupName": PACKAGE_GROUP, "SortBy": "CreationTime", "SortOrder": "Descending"}


def expect_package(target: StubbedTarget, **changes: str) -> None:
    description = package_description(**changes)
    target.expect("sagemaker", "describe_model_package", description, {"ModelPackageName": PACKAGE})


def expect_list(target: StubbedTarget, *versions: int) -> None:
    summaries = [
        {
            "ModelPackageArn": f"{PACKAGE.rpartition('/')[0]}/{version}",
            "ModelPackageVersion": version,
            "CreationTime": "2026-01-01",
            "ModelPackageStatus": "Completed",
        }
        for version in versions
    ]
    target.expect("sagemaker", "list_model_packages", {"ModelPackageSummaryList": summaries}, LISTING)


def expect_decision(target: StubbedTarget, status: str) -> None:
    identity = {"UserId": "x", "Account": "000000000000", "Arn": CALLER}
    target.expect("sts", "get_caller_identity", identity, {})
    asked = {
        "ModelPackageArn": PACKAGE,
        "ModelApprovalStatus": status,
        "ApprovalDescription": f"{status} with manage.py by {CALLER}",
    }
    target.expect("sagemaker", "update_model_package", {"ModelPackageArn": PACKAGE}, asked)


def test_approving_tells_who_did_it_and_leaves_the_deployment_to_the_event(
    platform: Platform, target: StubbedTarget
) -> None:
    expect_package(target)
    expect_decision(target, "Approved")
    workload, package = registry.find(platform, PACKAGE)

    assert approval.approve(platform, workload, package) is None


def test_approving_an_approved_package_deploys_it_again(platform: Platform, target: StubbedTarget) -> None:
    expect_package(target, ModelApprovalStatus="Approved")
    event = json.dumps({"detail": {"ModelPackageArn": PACKAGE}})
    started = {"executionArn": f"{ARN}:execution:deployment:x", "startDate": "2026-01-01"}
    asked = {"stateMachineArn": DEPLOYMENT_MACHINE, "input": event}
    target.expect("stepfunctions", "start_execution", started, asked)
    workload, package = registry.find(platform, PACKAGE)

    assert approval.approve(platform, workload, package) == f"{ARN}:execution:deployment:x"


def test_rejecting_tells_who_did_it(platform: Platform, target: StubbedTarget) -> None:
    expect_package(target)
    expect_decision(target, "Rejected")

    approval.reject(platform, registry.find(platform, PACKAGE)[1])


@pytest.mark.parametrize("reference", ["mysfit_recommender", "mysfit-recommender:3"])
def test_a_package_is_found_by_its_workload_and_version(
    platform: Platform, target: StubbedTarget, reference: str
) -> None:
    expect_list(target, 3, 2, 1)
    expect_package(target)

    assert registry.find(platform, reference)[1].arn == PACKAGE


def test_an_unknown_version_is_answered_with_those_there_are(
    platform: Platform, target: StubbedTarget
) -> None:
    expect_list(target, 3, 2, 1)

    with pytest.raises(OperatorError, match=r"no model package version 9\. The newest are: 3, 2, 1"):
        registry.find(platform, "mysfit_recommender:9")


def test_a_workload_without_packages_is_answered_with_how_to_make_one(
    platform: Platform, target: StubbedTarget
) -> None:
    expect_list(target)

    with pytest.raises(OperatorError, match=r"no model package yet: `./manage.py train mysfit_recommender"):
        registry.find(platform, "mysfit_recommender")


def test_an_arn_that_names_nothing_is_answered_with_where_to_look(
    platform: Platform, target: StubbedTarget
) -> None:
    target.refuse("sagemaker", "describe_model_package", "ValidationException", "does not exist")

    with pytest.raises(OperatorError, match="There is no model package"):
        registry.find(platform, PACKAGE)


def test_an_arn_of_another_environment_is_refused(platform: Platform, target: StubbedTarget) -> None:
    expect_package(target, ModelPackageGroupName="ml-prod-mysfit-recommender")

    with pytest.raises(OperatorError, match=r"belongs to group ml-prod-mysfit-recommender.*--env"):
        registry.find(platform, PACKAGE)
