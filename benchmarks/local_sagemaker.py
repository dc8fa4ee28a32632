"""A local AWS without the platform: a bucket, a role for jobs, and jobs that are waited for."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.deployed import client_of, free_port
from cli.local.server import LocalAws

BUCKET = "benchmark"
POLL_SECONDS = 0.1  # asking more often takes the cores from the job


@dataclass(frozen=True)
class LocalSageMaker:
    """Where jobs run, and the role they run with."""

    endpoint_url: str
    role: str

    def upload(self, file: Path, key: str) -> str:
        """Put a file into the bucket; return its address."""
        self._client("s3").upload_file(str(file), BUCKET, key)
        return f"s3://{BUCKET}/{key}"

    def run(self, kind: str, **request: Any) -> dict[str, Any]:
        """Create a `training_job` or `transform_job`, and return its description once it has ended.

        Raises:
            RuntimeError: it failed; the text says why.
        """
        sagemaker = self._client("sagemaker")
        prefix = "".join(word.capitalize() for word in kind.split("_"))
        getattr(sagemaker, f"create_{kind}")(**request)
        name = {f"{prefix}Name": request[f"{prefix}Name"]}
        while True:
            job: dict[str, Any] = getattr(sagemaker, f"describe_{kind}")(**name)
            if job[f"{prefix}Status"] == "Completed":
                return job
            if job[f"{prefix}Status"] != "InProgress":
                raise RuntimeError(f"{name} is {job[f'{prefix}Status']}: {job.get('FailureReason')}")
            time.sleep(POLL_SECONDS)

    def create_model(self, name: str, image: str, data: str) -> None:
        """Create a model."""
        container = {"Image": image, "ModelDataUrl": data}
        self._client("sagemaker").create_model(
            ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=container
        )

    def _client(self, service: str) -> Any:
        return client_of(self.endpoint_url, service)


@contextmanager
def local_sagemaker() -> Iterator[LocalSageMaker]:
    """Start an empty local AWS with a bucket and a role; nothing is left behind."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        aws = LocalAws(Path(folder))
        aws.start(port)
        try:
            url = f"http://127.0.0.1:{port}"
            client_of(url, "s3").create_bucket(Bucket=BUCKET)
            yield LocalSageMaker(url, _role(client_of(url, "iam")))
        finally:
            aws.stop()


def _role(iam: Any) -> str:
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(RoleName=BUCKET, AssumeRolePolicyDocument=json.dumps({"Statement": [trusted]}))
    arn = f"arn:aws:s3:::{BUCKET}"
    given = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{arn}/*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": given})
    iam.put_role_policy(RoleName=BUCKET, PolicyName="data", PolicyDocument=policy)
    return str(role["Role"]["Arn"])
