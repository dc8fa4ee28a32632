"""A workbench that the SageMaker tests share, and a model trained once for all of them."""

import json
import uuid

import pytest

from tests.local.running import LocalAws, statement
from tests.local.sagemaker.workbench import Workbench, csv, rows


@pytest.fixture(scope="session")
def workbench(local_aws: LocalAws) -> Workbench:
    bucket = f"sagemaker-{uuid.uuid4().hex[:10]}"
    local_aws.client("s3").create_bucket(Bucket=bucket)
    arn = f"arn:aws:s3:::{bucket}"
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam = local_aws.client("iam")
    role = iam.create_role(RoleName=bucket, AssumeRolePolicyDocument=json.dumps({"Statement": [trusted]}))
    given = [
        statement("s3:ListBucket", arn),
        statement(["s3:GetObject", "s3:PutObject"], f"{arn}/*"),
        statement(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": given})
    iam.put_role_policy(RoleName=bucket, PolicyName="given", PolicyDocument=policy)
    made = Workbench(local_aws, role["Role"]["Arn"], bucket)
    made.put("data/train/train.csv", csv(rows(2000)))
    made.put("data/test/test.csv", csv(rows(200, seed=8)))
    return made


@pytest.fixture(scope="session")
def trained(workbench: Workbench) -> str:
    """The address of a trained model's data."""
    job = workbench.train(f"shared-{uuid.uuid4().hex[:8]}")
    assert job["TrainingJobStatus"] == "Completed", job
    return str(job["ModelArtifacts"]["S3ModelArtifacts"])


@pytest.fixture(scope="session")
def model(workbench: Workbench, trained: str) -> str:
    """The name of a model of the shared model data."""
    return workbench.make_model(f"shared-{uuid.uuid4().hex[:8]}", trained)


@pytest.fixture(scope="session")
def endpoint(workbench: Workbench, model: str) -> str:
    """The name of an endpoint in service."""
    name = f"shared-{uuid.uuid4().hex[:8]}"
    served = workbench.serve(name, workbench.make_config(name, model))
    assert served["EndpointStatus"] == "InService", served
    return name
