"""`status`: where every workload stands: its last execution, its newest model package, its endpoint."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from rich.table import Column, Table

from cli import registry, switch
from cli.console import moment
from cli.platform import Platform
from settings.workload import Workload

_NONE = "-"


@dataclass(frozen=True)
class LastExecution:
    """The newest execution of a training state machine."""

    arn: str
    status: str
    started: datetime
    ended: datetime | None


@dataclass(frozen=True)
class NewestPackage:
    """The newest model package and its approval."""

    arn: str
    version: int
    approval: str
    created: datetime


@dataclass(frozen=True)
class Endpoint:
    """An endpoint and the model package that it serves, as far as its deployment has recorded it.

    `status` is SageMaker's word for it, or SwitchedOff; it serves that package again once it is on.
    """

    name: str
    status: str
    serves: str | None
    failure: str | None = None


@dataclass(frozen=True)
class WorkloadStatus:
    """Where one workload stands; what has never been is None."""

    workload: str
    execution: LastExecution | None
    package: NewestPackage | None
    endpoint: Endpoint | None

    def document(self) -> dict[str, Any]:
        """As a JSON document."""
        return asdict(self)


def of_workload(platform: Platform, workload: Workload) -> WorkloadStatus:
    """Ask the platform where the workload stands."""
    return WorkloadStatus(
        workload=workload.name,
        execution=_last_execution(platform, workload),
        package=_newest_package(platform, workload),
        endpoint=endpoint_of(platform, workload),
    )


def _last_execution(platform: Platform, workload: Workload) -> LastExecution | None:
    executions = platform.client("stepfunctions").list_executions(
        stateMachineArn=platform.state_machine(workload), maxResults=1
    )["executions"]
    if not executions:
        return None
    newest = executions[0]
    return LastExecution(
        newest["executionArn"], newest["status"], newest["startDate"], newest.get("stopDate")
    )


def _newest_package(platform: Platform, workload: Workload) -> NewestPackage | None:
    package = registry.newest(platform, workload)
    if package is None:
        return None
    return NewestPackage(package.arn, package.version, package.approval, package.created)


def endpoint_of(platform: Platform, workload: Workload) -> Endpoint | None:
    """The workload's endpoint, also one that is switched off; None if none has been made."""
    client, name = platform.client("sagemaker"), platform.endpoint(workload)
    try:
        endpoint = client.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        package = switch.kept(platform, workload)
        return Endpoint(name, switch.SWITCHED_OFF, package) if package else None
    tags = {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]}
    return Endpoint(
        name, endpoint["EndpointStatus"], tags.get("model-package-arn"), endpoint.get("FailureReason")
    )


def table(statuses: list[WorkloadStatus]) -> Table:
    """The statuses for people."""
    headings = ("workload", "last execution", "newest package", "endpoint", "serves")
    rendered = Table(*(Column(heading, overflow="fold") for heading in headings))
    for status in statuses:
        execution, package, endpoint = status.execution, status.package, status.endpoint
        rendered.add_row(
            status.workload,
            f"{execution.status} {moment(execution.started)}" if execution else _NONE,
            f"version {package.version}, {package.approval}" if package else _NONE,
            f"{endpoint.name}: {endpoint.status}" if endpoint else _NONE,
            _served(endpoint),
        )
    return rendered


def _served(endpoint: Endpoint | None) -> str:
    if endpoint is None or endpoint.serves is None:
        return _NONE
    return f"version {endpoint.serves.rpartition('/')[2]}"
