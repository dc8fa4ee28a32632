"""One environment of the platform, as it is deployed: found by the outputs of its stacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from cli.errors import OperatorError
from cli.local.distribution import distribution_address
from cli.project import ROOT
from cli.target import Target
from settings.environment import Environment
from settings.loading import SettingsError, load_environment, load_workloads
from settings.workload import Workload

DEFAULT_ENVIRONMENT: Final = "dev"


def load_settings(environment_name: str, root: Path = ROOT) -> tuple[Environment, tuple[Workload, ...]]:
    """The environment's settings and all its workloads'.

    Raises:
        OperatorError: a setting is wrong; the text lists every fault.
    """
    try:
        environment = load_environment(environment_name, root)
        return environment, load_workloads(environment, root)
    except SettingsError as error:
        raise OperatorError(str(error)) from error


@dataclass(frozen=True)
class Platform:
    """An environment on a target."""

    environment: Environment
    workloads: tuple[Workload, ...]
    target: Target
    _outputs: dict[str, Mapping[str, str]] = field(default_factory=dict, compare=False)

    def workload(self, name: str) -> Workload:
        """The workload called `name`, written with underscores or dashes.

        Raises:
            OperatorError: there is none; the text names those there are.
        """
        for workload in self.workloads:
            if name in (workload.name, workload.slug):
                return workload
        known = ", ".join(workload.name for workload in self.workloads) or "none"
        raise OperatorError(f"There is no workload {name!r} in training_scripts/. There are: {known}.")

    def client(self, service: str) -> Any:
        """A boto3 client on this platform's target."""
        return self.target.client(service)

    @cached_property
    def data_bucket(self) -> str:
        """The bucket that takes uploads."""
        return self._output("storage", "DataBucketName")

    @cached_property
    def api_url(self) -> str:
        """The API's address as it can be reached from here, without a trailing slash."""
        url = self._output("recommendation", "ApiUrl").rstrip("/")
        if not self.target.is_local:
            return url
        # The local AWS answers for https://<id>.execute-api.<region>.<suffix>/<stage> under its own address.
        host, _, stage = url.removeprefix("https://").partition("/")
        return f"{self.target.endpoint_url}/_aws/execute-api/{host.partition('.')[0]}/{stage}"

    @cached_property
    def site_url(self) -> str:
        """The quiz's address as it can be reached from here, ending in a slash.

        Raises:
            OperatorError: the local AWS has no address for it.
        """
        url = self._output("website", "SiteUrl")
        if not self.target.is_local:
            return url
        # The local AWS gives each distribution an address of its own.
        domain = url.removeprefix("https://").rstrip("/")
        return distribution_address(str(self.target.endpoint_url), domain)

    def command(self, arguments: str) -> str:
        """What to type for a command on this environment."""
        option = "" if self.environment.name == DEFAULT_ENVIRONMENT else f" --env {self.environment.name}"
        return f"./manage.py {arguments}{option}"

    def state_machine(self, workload: Workload) -> str:
        """ARN of the workload's training state machine."""
        return self._output("training", f"{workload.pascal}StateMachineArn")

    def package_group(self, workload: Workload) -> str:
        """Name of the workload's model package group."""
        return self._output("training", f"{workload.pascal}ModelPackageGroupName")

    def deployment_state_machine(self, workload: Workload) -> str:
        """ARN of the workload's deployment state machine."""
        return self._output("serving", f"{workload.pascal}DeploymentStateMachineArn")

    def batch_state_machine(self, workload: Workload) -> str:
        """ARN of the state machine that predicts from whole files with the workload's model."""
        return self._output("serving", f"{workload.pascal}BatchStateMachineArn")

    def monitoring_state_machine(self, workload: Workload) -> str:
        """ARN of the state machine that compares what the workload's endpoint is asked."""
        return self._output("monitoring", f"{workload.pascal}MonitoringStateMachineArn")

    def endpoint(self, workload: Workload) -> str:
        """Name of the workload's endpoint, which is there once a model has been deployed."""
        return self._output("serving", f"{workload.pascal}EndpointName")

    def switch_parameter(self, workload: Workload) -> str:
        """Name of the parameter that is there while the workload's endpoint is switched off."""
        return self._output("serving", f"{workload.pascal}SwitchParameterName")

    def _output(self, stack: str, key: str) -> str:
        name = f"{self.environment.prefix}-{stack}"
        if stack not in self._outputs:
            self._outputs[stack] = self._read_outputs(name)
        value = self._outputs[stack].get(key)
        if value is None:
            raise OperatorError(
                f"Stack {name} on {self.target} has no output {key}: it was deployed from older code. "
                f"Deploy it again with {self._deploy_command}."
            )
        return value

    def _read_outputs(self, stack_name: str) -> Mapping[str, str]:
        try:
            answer = self.client("cloudformation").describe_stacks(StackName=stack_name)
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise OperatorError(
                f"Stack {stack_name} isn't deployed on {self.target}: deploy it with {self._deploy_command}."
            ) from error
        outputs = answer["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    @property
    def _deploy_command(self) -> str:
        return f"`make {'local' if self.target.is_local else 'deploy'} ENV={self.environment.name}`"
