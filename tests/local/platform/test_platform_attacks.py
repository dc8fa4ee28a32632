"""Attacks by what runs on the platform, by people in Studio and by the public: all refused.

Who may do the same thing does it, so that no refusal is for another reason.
"""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.local.platform.callers import (
    People,
    RolesOfARun,
    account_itself,
    acting_as,
    anonymous,
    fetch,
    objects_of_all_buckets,
    raw_data,
    refused,
)
from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import PASCAL, DeployedPlatform
from tests.local.running import ACCOUNT, statement

# Runs have left data, a model and an endpoint behind.
pytestmark = pytest.mark.usefixtures("happy")

OTHERS_DATA = "raw/another_workload/0/answers.csv"


# What code that runs as a role gets at


def test_the_recommendation_function_reads_no_training_data(
    platform: DeployedPlatform, happy: HappyRun, roles_of_the_run: RolesOfARun
) -> None:
    # Given what the workload's jobs read and wrote
    function = acting_as(platform, roles_of_the_run.function)
    artifacts = platform.outputs["ArtifactsBucketName"]
    model = f"{happy.artifacts_uri.partition(artifacts + '/')[2]}evaluation/evaluation.json"
    data, run = raw_data(platform), {"Bucket": artifacts, "Key": model}
    # Then
    for found in (data, run):
        assert refused(function.client("s3").get_object, **found) == "AccessDenied"
        platform.client("s3").get_object(**found)
    assert refused(function.client("s3").list_objects_v2, Bucket=data["Bucket"]) == "AccessDenied"
    assert refused(function.client("sagemaker").list_training_jobs) == "AccessDeniedException"
    acting_as(platform, roles_of_the_run.preparation).client("s3").get_object(**data)
    # and it does what it is there for
    assert platform.ask().status == 200


def test_a_workloads_jobs_reach_nothing_of_another_workload(
    platform: DeployedPlatform, roles_of_the_run: RolesOfARun
) -> None:
    own, bucket = raw_data(platform), platform.outputs["DataBucketName"]
    other = {"Bucket": bucket, "Key": OTHERS_DATA}
    platform.client("s3").put_object(**other, Body=b"1,2")
    for role in (roles_of_the_run.preparation, roles_of_the_run.training):
        s3 = acting_as(platform, role).client("s3")
        assert refused(s3.get_object, **other) == "AccessDenied"
        assert refused(s3.put_object, **other, Body=b"poison") == "AccessDenied"
    acting_as(platform, roles_of_the_run.preparation).client("s3").get_object(**own)
    assert platform.client("s3").get_object(**other)["Body"].read() == b"1,2"


# What people get at


@pytest.fixture
def trail(platform: DeployedPlatform) -> Iterator[str]:
    """A trail that logs."""
    s3, cloudtrail, name = (
        platform.client("s3"),
        platform.client("cloudtrail"),
        f"trail-{uuid.uuid4().hex[:8]}",
    )
    s3.create_bucket(Bucket=name)
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    allowed = [
        {**service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{name}"},
        {**service, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/AWSLogs/{ACCOUNT}/*"},
    ]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": allowed}))
    cloudtrail.create_trail(Name=name, S3BucketName=name)
    cloudtrail.start_logging(Name=name)
    yield name
    if name in [each["Name"] for each in cloudtrail.describe_trails()["trailList"]]:
        cloudtrail.delete_trail(Name=name)
    for found in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=found["Key"])
    s3.delete_bucket(Bucket=name)


def test_nobody_in_studio_deletes_or_stops_a_trail(
    platform: DeployedPlatform, people: People, trail: str
) -> None:
    # Given the account's trails, the platform's own among them
    named = {
        each["Name"]: each["S3BucketName"]
        for each in platform.client("cloudtrail").describe_trails()["trailList"]
    }
    assert {trail, "ml-dev-audit"} <= named.keys()
    for person in (people.data_scientist, people.lead):
        cloudtrail, s3 = person.client("cloudtrail"), person.client("s3")
        for name, bucket in named.items():
            for operation in ("delete_trail", "stop_logging", "update_trail"):
                assert refused(getattr(cloudtrail, operation), Name=name) == "AccessDeniedException"
            assert refused(cloudtrail.put_event_selectors, TrailName=name, EventSelectors=[]) == (
                "AccessDeniedException"
            )
            assert refused(s3.list_objects_v2, Bucket=bucket) == "AccessDenied"
            assert refused(s3.delete_object, Bucket=bucket, Key="AWSLogs/x") == "AccessDenied"
    # Then they log, until the account's own user ends the one
    status = platform.client("cloudtrail").get_trail_status
    assert all(status(Name=name)["IsLogging"] for name in named)
    platform.client("cloudtrail").stop_logging(Name=trail)
    platform.client("cloudtrail").delete_trail(Name=trail)


def test_a_data_scientist_neither_approves_a_model_nor_deploys_one_and_a_lead_does_both(
    platform: DeployedPlatform, people: People, happy: HappyRun
) -> None:
    approval = {"ModelPackageArn": happy.package, "ModelApprovalStatus": "Approved"}
    start = {
        "stateMachineArn": platform.outputs[f"{PASCAL}DeploymentStateMachineArn"],
        "input": json.dumps({"detail": {"ModelPackageArn": happy.package}}),
    }
    scientist, lead = people.data_scientist, people.lead
    before = set(platform.deployments_of(happy.package))
    # When
    assert refused(scientist.client("sagemaker").update_model_package, **approval) == "AccessDeniedException"
    assert refused(scientist.client("stepfunctions").start_execution, **start) == "AccessDeniedException"
    assert (
        refused(scientist.client("sagemaker").delete_endpoint, EndpointName="any") == "AccessDeniedException"
    )
    # Then nothing began, and a lead's approval and deployment do begin
    assert set(platform.deployments_of(happy.package)) == before
    lead.client("sagemaker").update_model_package(**approval)
    approved = platform.until(
        lambda: set(platform.deployments_of(happy.package)) - before, "the lead's approval deploys nothing"
    )
    assert platform.ended(approved.pop()).status == "SUCCEEDED"
    started = lead.client("stepfunctions").start_execution(**start)["executionArn"]
    assert platform.ended(started).status == "SUCCEEDED"
    # and a data scientist sees it
    scientist.client("sagemaker").describe_model_package(ModelPackageName=happy.package)


# What the public gets at


def test_nobody_reads_or_writes_a_bucket_without_credentials(platform: DeployedPlatform) -> None:
    public, s3 = anonymous(platform, "s3"), platform.client("s3")
    attacked = 0
    for found in objects_of_all_buckets(platform):
        attacked += 1
        bucket = {"Bucket": found["Bucket"]}
        assert refused(public.get_object, **found) == "AccessDenied"
        assert refused(public.put_object, **found, Body=b"") == "AccessDenied"
        assert refused(public.delete_object, **found) == "AccessDenied"
        for read in ("list_objects_v2", "list_object_versions", "get_bucket_policy", "get_bucket_acl"):
            assert refused(getattr(public, read), **bucket) == "AccessDenied"
        assert s3.get_object(**found)["Body"].read() == b"secret"
    assert attacked >= 5
    # What is meant for the public is at the website's address
    assert fetch(platform.site_url())[0] == 200


def test_a_bucket_cant_be_opened_to_the_public(platform: DeployedPlatform) -> None:
    s3, bucket = platform.client("s3"), platform.outputs["DataBucketName"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    opened = {**statement("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"}
    document = json.dumps({**policy, "Statement": [*policy["Statement"], opened]})
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=document) == "AccessDenied"
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def test_nothing_is_read_without_tls(platform: DeployedPlatform) -> None:
    # Given addresses that the account's own user made
    s3 = account_itself(platform).client("s3", signature_version="s3v4")
    for found in objects_of_all_buckets(platform):
        url = s3.generate_presigned_url("get_object", Params=found)
        # Then
        status, text = fetch(url, X_Forwarded_Proto="http")
        assert (status, "<Code>AccessDenied</Code>" in text) == (403, True), found
        assert fetch(url) == (200, "secret")
    # and the website sends its visitors to TLS
    site = urlsplit(platform.site_url())
    connection = http.client.HTTPConnection(site.hostname or "", site.port)
    connection.request("GET", "/", headers={"X-Forwarded-Proto": "http"})
    answer = connection.getresponse()
    assert (answer.status, (answer.headers["Location"] or "")[:8]) == (301, "https://")
