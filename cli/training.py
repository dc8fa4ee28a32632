"""`train`: a training execution, and the deployment that an automatic approval starts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cli.approval import APPROVED
from cli.errors import OperatorError
from cli.executions import Execution, Follower
from cli.platform import Platform
from cli.switch import SWITCHED_OFF
from settings import hyperparameters, instance_types
from settings.workload import Workload

JOBS: Final[Mapping[str, instance_types.Use]] = {
    "preparation": "processing",
    "training": "training",
    "transform": "transform",
    "evaluation": "processing",
}
_NUMBERS: Final = ("instance_count", "volume_gb")
_INSTANCE_FIELDS: Final = ("instance_type", *_NUMBERS)
# EventBridge delivers within seconds; more than this means that nothing listens.
_DEPLOYMENT_STARTS_WITHIN_SECONDS: Final = 90.0


@dataclass(frozen=True)
class RunInput:
    """What one run overrides; empty means the workload's own settings."""

    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    instances: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The execution's input; it holds only what is overridden."""
        parts = {
            "hyperparameters": self.hyperparameters,
            "sources": self.sources,
            "instances": self.instances,
        }
        return {name: part for name, part in parts.items() if part}


def parse_hyperparameters(workload: Workload, texts: Iterable[str]) -> dict[str, str]:
    """Read each `name=value`, and check them together with the workload's own.

    Raises:
        OperatorError: one can't be read, or the algorithm doesn't take it.
    """
    given = dict(_pair("--hyperparameter", text, "k=10") for text in texts)
    merged = {**workload.hyperparameters, **given}
    found = hyperparameters.problems(workload.algorithm.name, merged) if given else []
    if found:
        raise OperatorError(
            f"{workload.name} can't be trained with these hyperparameters: {'; '.join(found)}."
        )
    return given


def parse_instances(texts: Iterable[str]) -> dict[str, dict[str, str | int]]:
    """Read each `job.setting=value`, for instance `training.instance_type=ml.m5.xlarge`.

    Raises:
        OperatorError: one can't be read; the text says what is allowed.
    """
    instances: dict[str, dict[str, str | int]] = {}
    for text in texts:
        path, value = _pair("--instance", text, "training.instance_type=ml.m5.xlarge")
        job, _, setting = path.partition(".")
        if job not in JOBS or setting not in _INSTANCE_FIELDS:
            raise OperatorError(
                f"--instance {text!r} can't be read: its job is one of {', '.join(JOBS)}, "
                f"its setting one of {', '.join(_INSTANCE_FIELDS)}: training.instance_type=ml.m5.xlarge."
            )
        instances.setdefault(job, {})[setting] = _instance_value(setting, value)
        found = instance_types.problems(JOBS[job], value) if setting == "instance_type" else []
        if found:
            raise OperatorError(f"--instance {text}: {'; '.join(found)}.")
    return instances


def _instance_value(setting: str, value: str) -> str | int:
    if setting not in _NUMBERS:
        return value
    if not value.isascii() or not value.isdecimal() or int(value) == 0:
        raise OperatorError(f"--instance …{setting}={value}: {setting} is a whole number of at least 1.")
    return int(value)


def _pair(option: str, text: str, example: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name or not value:
        raise OperatorError(
            f"{option} {text!r} can't be read: write name=value, for instance {option} {example}."
        )
    return name, value


def start(platform: Platform, workload: Workload, run_input: RunInput) -> str:
    """Start a training execution and return its ARN."""
    answer = platform.client("stepfunctions").start_execution(
        stateMachineArn=platform.state_machine(workload), input=json.dumps(run_input.document())
    )
    return str(answer["executionArn"])


def follow_deployment(
    platform: Platform, workload: Workload, package_arn: str, follower: Follower, arn: str | None = None
) -> Execution:
    """Follow the execution that deploys the package: `arn`, or the one that its approval starts.

    Raises:
        OperatorError: none started, or it failed.
    """
    arn = arn or follower.await_start(
        lambda: newest_deployment(platform, workload, package_arn), _DEPLOYMENT_STARTS_WITHIN_SECONDS
    )
    if arn is None:
        raise OperatorError(
            f"{package_arn} is approved, but no deployment has started within "
            f"{_DEPLOYMENT_STARTS_WITHIN_SECONDS:.0f} s: check the rule that starts "
            f"{platform.deployment_state_machine(workload)}, "
            f"or start it with `{platform.command(f'approve {package_arn}')}`."
        )
    return follower.follow_to_success(arn, f"{workload.name} deployment", f"Deploying {workload.name}")


@dataclass(frozen=True)
class RunResult:
    """A run that passed its gate; `deployment_arn` is set when its model was deployed, or was to be."""

    workload: str
    endpoint: str
    output: Mapping[str, Any]
    deployment_arn: str | None
    approve_command: str
    is_off: bool = False
    """Whether the endpoint is switched off, so that nothing was deployed."""

    def document(self) -> dict[str, object]:
        """As a JSON document."""
        return {**self.output, "endpoint": self.endpoint, "deployment_execution_arn": self.deployment_arn}

    def __str__(self) -> str:
        metric, package = self.output["metric"], self.output["model_package_arn"]
        done = f"It waits for approval: {self.approve_command}"
        if self.is_off:
            done = f"Endpoint {self.endpoint} is off and stays off. Once it is on: {self.approve_command}"
        elif self.deployment_arn:
            done = f"Endpoint {self.endpoint} serves it."
        return f"{self.workload}: {metric['name']} {metric['value']:.4f}, registered as {package}. {done}"


def run_to_end(platform: Platform, workload: Workload, arn: str, follower: Follower) -> RunResult:
    """Follow a training execution and, if its model is approved at once, the deployment.

    Raises:
        OperatorError: one of them failed; the text says why and where to look.
    """
    output = follower.follow_to_success(arn, workload.name, f"Training {workload.name}").output
    package_arn, deployment_arn, is_off = output["model_package_arn"], None, False
    if output["approval_status"] == APPROVED:
        deployment = follow_deployment(platform, workload, package_arn, follower)
        deployment_arn, is_off = deployment.arn, deployment.output["outcome"] == SWITCHED_OFF
    approve_command = platform.command(f"approve {package_arn}")
    endpoint = platform.endpoint(workload)
    return RunResult(workload.name, endpoint, output, deployment_arn, approve_command, is_off)


def newest_deployment(platform: Platform, workload: Workload, package_arn: str) -> str | None:
    """ARN of the newest deployment execution of the package, among the last fifty."""
    client = platform.client("stepfunctions")
    recent = client.list_executions(
        stateMachineArn=platform.deployment_state_machine(workload), maxResults=50
    )["executions"]
    for item in recent:
        described = client.describe_execution(executionArn=item["executionArn"])
        detail = json.loads(described.get("input") or "{}").get("detail", {})
        if detail.get("ModelPackageArn") == package_arn:
            return str(item["executionArn"])
    return None
