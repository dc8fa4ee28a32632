"""The platform on a local AWS: deployed by the CDK, trained by executions, asked over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import yaml

from cli.local.deployment import cdk_environment
from cli.local.distribution import distribution_address
from cli.target import Target, TargetName
from tests.infrastructure.synthesis import copied_project
from tests.local.running import ACCOUNT, REGION, ROOT, LocalAws, until

CDK = ROOT / "node_modules" / ".bin" / "cdk"
WORKLOAD = "mysfit_recommender"
PASCAL = "MysfitRecommender"
ENDPOINT = "ml-dev-mysfit-recommender"
STACKS = tuple(
    f"ml-dev-{name}"
    for name in ("storage", "catalogue", "training", "serving", "recommendation", "website", "observability")
)
STUDIO_STACKS = ("ml-dev-network", "ml-dev-studio")
QUESTION = b'{"entry": [1, 2, 3, 4, 5]}'
# A machine with much else to do is slow; one that waits for what never comes is a failure, however late.
END_SECONDS = 300.0
JOB_KINDS = ("training", "processing", "transform")


@dataclass(frozen=True)
class Ended:
    """An execution that has ended: `output` is what it succeeded with, `error` and `cause` why it failed."""

    arn: str
    status: str
    given: Mapping[str, Any]
    output: Mapping[str, Any]
    error: str
    cause: str


@dataclass(frozen=True)
class Hosted:
    """What SageMaker holds of the workload beside jobs; equal before and after: nothing was left behind."""

    endpoint: tuple[str, str] | None
    """Status and endpoint configuration."""
    tags: Mapping[str, str]
    configs: frozenset[str]
    models: frozenset[str]
    packages: Mapping[str, str]
    """Approval status by ARN."""

    @property
    def package(self) -> str:
        """The package that the endpoint serves, as its deployment recorded it."""
        return self.tags["model-package-arn"]

    def is_tidy(self) -> bool:
        """Whether there is one endpoint in service with its one configuration and its one model."""
        return (
            self.endpoint is not None
            and self.endpoint[0] == "InService"
            and self.configs == self.models == {self.endpoint[1]}
        )


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of the API."""

    status: int
    headers: Message
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def synthesize(folder: Path, overrides: Mapping[str, Any] | None = None) -> Path:
    """Write the development environment's templates and assets, with the one workload that the tests train.

    Its settings have the `overrides`. cdk-nag has tests of its own. The copy of the project is left beside
    them, for its command line.
    """
    project = copied_project(folder / "project")
    shutil.copytree(ROOT / "cli", project / "cli", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", project)
    (project / ".venv").symlink_to(sys.prefix)  # manage.py runs in its own folder's
    for workload in (project / "training_scripts").glob("*/workload.yaml"):
        if workload.parent.name != WORKLOAD:
            workload.unlink()
    dev = project / "settings" / "dev.yaml"
    dev.write_text(dev.read_text().replace("predictions: [census_income]", f"predictions: [{WORKLOAD}]"))
    if overrides:
        with dev.open("a") as settings:
            yaml.safe_dump({"workloads": {WORKLOAD: dict(overrides)}}, settings)
    environment = {
        **os.environ,
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
    command = [CDK, "synth", "--quiet", "--output", folder / "cdk.out", "--app", f"{sys.executable} app.py"]
    _run(command, environment, project)
    return folder / "cdk.out"


def _run(command: list[Any], environment: Mapping[str, str], folder: Path = ROOT) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-6000:]}"


@dataclass
class DeployedPlatform:
    """The stacks of the development environment on one local AWS."""

    aws: LocalAws
    assembly: Path
    outputs: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def client(self, service: str) -> Any:
        """A client as the account's own user; each is made once, which takes a while."""
        if service not in self._clients:
            self._clients[service] = self.aws.client(service)
        return self._clients[service]

    def bootstrap(self) -> None:
        self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")

    def deploy(self, stacks: tuple[str, ...] = STACKS) -> None:
        """Deploy these stacks, and those that they need."""
        options = ("--require-approval", "never", "--concurrency", "4", "--progress", "events")
        self._cdk("deploy", *stacks, *options)
        for stack in self.client("cloudformation").describe_stacks()["Stacks"]:
            self.outputs |= {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}

    def destroy(self, stacks: tuple[str, ...] = ("--all",)) -> None:
        """Destroy these stacks, and those that need them."""
        self._cdk("destroy", *stacks, "--force")

    def _cdk(self, command: str, *options: str) -> None:
        environment = cdk_environment(Target(TargetName.LOCAL, self.aws.endpoint_url, REGION))
        _run([CDK, command, "--app", self.assembly, *options], environment)

    # Data

    def upload(self, content: bytes, name: str = "answers.csv", folder: str | None = None) -> str:
        """Put a file where an operator's uploads go, in a folder of its own without one; gives its URI."""
        folder = folder or uuid.uuid4().hex[:16]
        bucket, key = self.outputs["DataBucketName"], f"uploads/{WORKLOAD}/{folder}/{name}"
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
        return f"s3://{bucket}/{key}"

    def artifacts(self, prefix: str) -> dict[str, bytes]:
        """The artifacts bucket's objects below a prefix (or its URI), by what follows it."""
        bucket = self.outputs["ArtifactsBucketName"]
        prefix = prefix.removeprefix(f"s3://{bucket}/")
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {
            found["Key"].removeprefix(prefix): s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
            for found in listed
        }

    # Executions

    def start_training(self, given: Any) -> str:
        return self._start(self.outputs[f"{PASCAL}StateMachineArn"], given)

    def start_deployment(self, package: str) -> str:
        machine = self.outputs[f"{PASCAL}DeploymentStateMachineArn"]
        return self._start(machine, {"detail": {"ModelPackageArn": package}})

    def train(self, source: str | None = None, **overrides: Any) -> Ended:
        """Train on an uploaded file, with these parts of an execution's input, to the execution's end."""
        sources = {"sources": {"answers.csv": {"uri": source}}} if source else {}
        return self.ended(self.start_training({**sources, **overrides}))

    def deploy_package(self, package: str) -> Ended:
        """Deploy an approved package (again), to the deployment's end."""
        return self.ended(self.start_deployment(package))

    def predict_file(self, uri: str) -> Ended:
        """Have an uploaded file predicted, to the execution's end."""
        return self.ended(self._start(self.outputs[f"{PASCAL}BatchStateMachineArn"], {"input_uri": uri}))

    def approve(self, package: str) -> Ended:
        """Approve a package and wait for the end of the deployment that this starts."""
        before = set(self.deployments_of(package))
        self.client("sagemaker").update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
        started = self.until(
            lambda: set(self.deployments_of(package)) - before, f"{package} is not being deployed"
        )
        return self.ended(started.pop())

    def deployment_of(self, package: str) -> Ended:
        """The end of the deployment that the package's approval started."""
        found = self.until(lambda: self.deployments_of(package), f"{package} is not being deployed")
        return self.ended(found[0])

    def deployments_of(self, package: str) -> list[str]:
        """The package's deployments, the newest first."""
        client = self.client("stepfunctions")
        listed = client.list_executions(stateMachineArn=self.outputs[f"{PASCAL}DeploymentStateMachineArn"])
        arns = [execution["executionArn"] for execution in listed["executions"]]
        return [arn for arn in arns if package in client.describe_execution(executionArn=arn)["input"]]

    def ended(self, arn: str) -> Ended:
        """The execution, once it has ended."""
        client = self.client("stepfunctions")

        def described() -> dict[str, Any] | None:
            answer: dict[str, Any] = client.describe_execution(executionArn=arn)
            return answer if answer["status"] != "RUNNING" else None

        end = self.until(described, f"{arn} is still running")
        return Ended(
            arn=arn,
            status=end["status"],
            given=json.loads(end["input"]),
            output=json.loads(end.get("output") or "{}"),
            error=end.get("error", ""),
            cause=end.get("cause", ""),
        )

    def switch(self, position: str) -> Ended:
        """Switch the endpoint off or on, to the execution's end."""
        machine = self.outputs[f"{PASCAL}DeploymentStateMachineArn"]
        return self.ended(self._start(machine, {"switch": position}))

    def _start(self, machine: str, given: Any) -> str:
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(given)
        )
        return str(started["executionArn"])

    @staticmethod
    def until(find: Callable[[], Any], otherwise: str) -> Any:
        """What `find` gives, once it gives something."""
        return until(find, otherwise, END_SECONDS)

    # What SageMaker holds

    def hosted(self) -> Hosted:
        sagemaker = self.client("sagemaker")
        endpoints = sagemaker.list_endpoints(NameContains=ENDPOINT)["Endpoints"]
        endpoint, tags = None, {}
        if endpoints:
            described = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
            endpoint = (described["EndpointStatus"], described["EndpointConfigName"])
            listed = sagemaker.list_tags(ResourceArn=described["EndpointArn"])["Tags"]
            tags = {tag["Key"]: tag["Value"] for tag in listed}
        packages = sagemaker.list_model_packages(ModelPackageGroupName=ENDPOINT, MaxResults=100)
        return Hosted(
            endpoint=endpoint,
            tags=tags,
            configs=frozenset(
                one["EndpointConfigName"]
                for one in sagemaker.list_endpoint_configs(MaxResults=100)["EndpointConfigs"]
            ),
            models=frozenset(one["ModelName"] for one in sagemaker.list_models(MaxResults=100)["Models"]),
            packages={
                one["ModelPackageArn"]: one["ModelApprovalStatus"]
                for one in packages["ModelPackageSummaryList"]
            },
        )

    def running_jobs(self) -> list[str]:
        sagemaker = self.client("sagemaker")
        return [
            json.dumps(job, default=str)
            for kind in JOB_KINDS
            for job in getattr(sagemaker, f"list_{kind}_jobs")(StatusEquals="InProgress")[
                f"{kind.capitalize()}JobSummaries"
            ]
        ]

    def remove_endpoint(self) -> None:
        """Delete the endpoint behind the platform's back, with its configuration and model."""
        sagemaker = self.client("sagemaker")
        hosted = self.hosted()
        if hosted.endpoint:
            sagemaker.delete_endpoint(EndpointName=ENDPOINT)
            self.until(self._endpoint_is_gone, "the endpoint is still there")
        for name in hosted.configs:
            sagemaker.delete_endpoint_config(EndpointConfigName=name)
        for name in hosted.models:
            sagemaker.delete_model(ModelName=name)

    def _endpoint_is_gone(self) -> bool:
        return not self.client("sagemaker").list_endpoints(NameContains=ENDPOINT)["Endpoints"]

    # The API and the command line

    def ask(
        self, body: bytes = QUESTION, *, method: str = "POST", path: str = "recommendations", **headers: str
    ) -> Answer:
        """Send a request to the API; a header's name is written with underscores."""
        address = f"{self.api_url()}/{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(  # noqa: S310 - the API on this machine
            address, data=body, method=method, headers={"Content-Type": "application/json", **named}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.headers, refused.read().decode())

    def api_url(self) -> str:
        """Where the API's stage is on this machine."""
        host, _, stage = self.outputs["ApiUrl"].removeprefix("https://").partition("/")
        return f"{self.aws.endpoint_url}/_aws/execute-api/{host.partition('.')[0]}/{stage.rstrip('/')}"

    def site_url(self) -> str:
        """Where the website is on this machine, ending in a slash."""
        domain = self.outputs["SiteUrl"].removeprefix("https://").rstrip("/")
        return distribution_address(self.aws.endpoint_url, domain)

    def manage(
        self, *arguments: str, credentials: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the operator's command line against this local AWS, with the local AWS's own credentials, or
        these, named as boto3 names them."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MANAGE_"))}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.assembly.parent / "project",
            env={
                **own,
                **{name.upper(): value for name, value in (credentials or {}).items()},
                "AWS_ENDPOINT_URL": self.aws.endpoint_url,
                "COLUMNS": "200",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def manage_json(self, *arguments: str) -> Any:
        """What a command answers with --json; it must have succeeded."""
        done = self.manage(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
