"""A local AWS that is stopped and started again goes on; one that is killed leaves nothing running."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.running import LocalAws, statement
from tests.local.sagemaker.workbench import END_SECONDS, Workbench, csv, rows


@pytest.fixture
def own_aws(tmp_path: Path) -> Iterator[LocalAws]:
    aws = LocalAws(tmp_path)
    aws.start()
    yield aws
    aws.kill()


@pytest.fixture
def own_workbench(own_aws: LocalAws) -> Workbench:
    own_aws.client("s3").create_bucket(Bucket="own-bucket")
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam = own_aws.client("iam")
    role = iam.create_role(RoleName="own", AssumeRolePolicyDocument=json.dumps({"Statement": [trusted]}))[
        "Role"
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:*")]})
    iam.put_role_policy(RoleName="own", PolicyName="given", PolicyDocument=policy)
    workbench = Workbench(own_aws, role["Arn"], "own-bucket")
    workbench.put("data/train/train.csv", csv(rows(200)))
    workbench.put("data/test/test.csv", csv(rows(50)))
    return workbench


def begin_waiting_job(workbench: Workbench, pid_file: Path) -> None:
    """Start a job that writes its process id and waits."""
    script = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    workbench.sagemaker.create_processing_job(**workbench.processing_request("waiting", script))
    deadline = time.monotonic() + END_SECONDS
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def has_ended(pid: int) -> bool:
    deadline = time.monotonic() + END_SECONDS
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


def test_a_stop_and_a_start(own_aws: LocalAws, own_workbench: Workbench, tmp_path: Path) -> None:
    # Given an endpoint in service and a job under way
    job = own_workbench.train("first")
    config = own_workbench.make_config(
        "c", own_workbench.make_model("m", job["ModelArtifacts"]["S3ModelArtifacts"])
    )
    own_workbench.serve("e", config)
    begin_waiting_job(own_workbench, tmp_path / "pid")

    # When
    own_aws.stop()
    own_aws.start()

    # Then
    again = Workbench(own_aws, own_workbench.role, own_workbench.bucket)
    assert again.settled("e")["EndpointStatus"] == "InService"
    assert b"predicted_label" in again.invoke("e", b"1,2")
    assert again.ended("TrainingJob", "first")["FinalMetricDataList"] == job["FinalMetricDataList"]
    interrupted = again.ended("ProcessingJob", "waiting")
    assert interrupted["ProcessingJobStatus"] == "Failed"
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_a_kill_ends_every_job(own_aws: LocalAws, own_workbench: Workbench, tmp_path: Path) -> None:
    # Given
    begin_waiting_job(own_workbench, tmp_path / "pid")

    # When
    own_aws.kill()

    # Then
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_studio_goes_on(own_aws: LocalAws) -> None:
    # Given a domain that is being made while the local AWS is stopped
    ec2, sagemaker = own_aws.client("ec2"), own_aws.client("sagemaker")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Statement": [trust]})
    role = own_aws.client("iam").create_role(RoleName="studio", AssumeRolePolicyDocument=document)["Role"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    domain = sagemaker.create_domain(
        DomainName="own",
        AuthMode="IAM",
        VpcId=vpc,
        SubnetIds=[subnet],
        DefaultUserSettings={"ExecutionRole": role["Arn"]},
    )["DomainId"]
    # When
    own_aws.stop()
    own_aws.start()
    # Then it is made, with its file system
    described = sagemaker.describe_domain(DomainId=domain)
    file_system = described["HomeEfsFileSystemId"]
    (target,) = own_aws.client("efs").describe_mount_targets(FileSystemId=file_system)["MountTargets"]
    (interface,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert described["Status"] == "InService"
    assert target["NetworkInterfaceId"] == interface["NetworkInterfaceId"]
