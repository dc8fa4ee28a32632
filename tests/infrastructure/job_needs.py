"""What SageMaker's jobs and models do as their roles, derived from the definitions that start them.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.infrastructure.assembly import ACCOUNT, Assembly
from tests.infrastructure.calls import Calls
from tests.infrastructure.policies import Need
from tests.infrastructure.state_machines import state_machine

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
LOG = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
NETWORK_DESCRIPTIONS = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


def job_needs(assembly: Assembly) -> dict[str, list[Need]]:
    """The needs by the ARN of the role."""
    found: dict[str, list[Need]] = defaultdict(list)
    kinds: list[type[_Needs]] = [_Training, _Serving, _Batch]
    if any(workload.monitoring for workload in assembly.workloads):
        kinds.append(_Monitoring)
    for needs in (kind(assembly) for kind in kinds):
        for role, need in needs.all():
            found[role].append(need)
    return found


class _Needs:
    machine: str

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.calls = Calls(state_machine(assembly, self.machine))
        self.states = self.calls.machine.states

    def all(self) -> Iterator[tuple[str, Need]]:
        """Each need with the role that has it."""
        raise NotImplementedError

    def container(self, image: str, log_group: str) -> Iterator[Need]:
        """What every container needs: its image, logs, metrics and, in a VPC, a network interface."""
        found = re.fullmatch(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([a-z0-9-]+):\S+", image)
        assert found, image
        repository = f"arn:aws:ecr:{found[2]}:{found[1]}:repository/{found[3]}"
        yield from (Need(action, repository) for action in PULL)
        yield Need("ecr:GetAuthorizationToken", "*")
        group = f"arn:aws:logs:{self.assembly.region}:{ACCOUNT}:log-group:{log_group}"
        yield from (Need(action, f"{group}:log-stream:a") for action in LOG)
        yield Need("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", "/aws/sagemaker/Endpoints"),))
        if self.assembly.environment.network.mode == "vpc_only":
            yield from self._interfaces()

    def _interfaces(self) -> Iterator[Need]:
        ec2 = f"arn:aws:ec2:{self.assembly.region}:{ACCOUNT}"
        interface = f"{ec2}:network-interface/eni-0123456789abcdef0"
        kinds = {"Subnet": "subnet", "SecurityGroup": "security-group"}
        places = [
            f"{ec2}:{kinds[name.rstrip('0123456789')]}/{value}"
            for name, value in self.calls.substitutions.items()
            if name.rstrip("0123456789") in kinds
        ]
        yield from (Need("ec2:CreateNetworkInterface", place) for place in (interface, *places))
        yield Need("ec2:CreateNetworkInterfacePermission", interface)
        yield Need("ec2:DeleteNetworkInterface", interface)
        here = (("aws:RequestedRegion", self.assembly.region),)
        yield Need("ec2:DeleteNetworkInterfacePermission", "*", here)
        yield from (Need(action, "*") for action in NETWORK_DESCRIPTIONS)

    def reading(self, uri: str) -> Iterator[Need]:
        """Listing and reading what lies at a prefix or is one object."""
        bucket, _, key = self.calls.text(uri).removeprefix("s3://").partition("/")
        yield Need("s3:ListBucket", f"arn:aws:s3:::{bucket}", (("s3:prefix", key),))
        yield from self.archive(uri)

    def archive(self, uri: str) -> Iterator[Need]:
        """Reading a model, which is one object by its full name."""
        name = self.calls.text(uri).removeprefix("s3://")
        yield Need("s3:GetObject", f"arn:aws:s3:::{name}")
        yield Need("kms:Decrypt", self.calls.key_arn)

    def writing(self, uri: str, key_arn: str) -> Iterator[Need]:
        """Writing below a prefix under a key."""
        bucket, _, key = self.calls.text(uri).removeprefix("s3://").partition("/")
        objects = f"arn:aws:s3:::{bucket}/{key.rstrip('/')}/part"
        yield Need("s3:PutObject", objects)
        yield from (Need(f"kms:{verb}", key_arn) for verb in ("Decrypt", "GenerateDataKey"))

    def processing(self, job: Mapping[str, Any]) -> Iterator[Need]:
        """All that a processing job does."""
        yield from self.container(job["AppSpecification"]["ImageUri"], "/aws/sagemaker/ProcessingJobs")
        for source in job["ProcessingInputs"]:
            yield from self.reading(source["S3Input"]["S3Uri"])
        target = job["ProcessingOutputConfig"]
        for output in target["Outputs"]:
            yield from self.writing(output["S3Output"]["S3Uri"], target["KmsKeyId"])
        yield from self.volume(job["ProcessingResources"]["ClusterConfig"])

    def transform(self, job: Mapping[str, Any]) -> Iterator[Need]:
        """What a transform job does besides running its model."""
        yield from self.reading(job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        target = job["TransformOutput"]
        yield from self.writing(target["S3OutputPath"], target["KmsKeyId"])
        yield from self.volume(job["TransformResources"])

    def registered(self) -> Mapping[str, Any]:
        """The container of the model packages that the training machine registers."""
        package = state_machine(self.assembly, "training").states["Register"]["Arguments"]
        [container] = package["InferenceSpecification"]["Containers"]
        return dict(container)

    def volume(self, resources: Mapping[str, Any]) -> Iterator[Need]:
        """Encrypting the instances' disks."""
        yield from (
            Need(f"kms:{verb}", resources["VolumeKmsKeyId"]) for verb in ("CreateGrant", "DescribeKey")
        )


class _Training(_Needs):
    machine = "training"

    def all(self) -> Iterator[tuple[str, Need]]:
        """Each need with the role that has it."""
        for name in ("Prepare", "Evaluate", "Clarify"):
            if name in self.states:
                job = self.states[name]["Arguments"]
                yield from ((job["RoleArn"], need) for need in self.processing(job))
        if "Clarify" in self.states:
            role = self.states["Clarify"]["Arguments"]["RoleArn"]
            yield from ((role, need) for need in self._shadow_endpoint())
            model_role = self.states["CreateModel"]["Arguments"]["ExecutionRoleArn"]
            yield from ((model_role, need) for need in self._shadow_container())
        job = self._training_job()
        yield from ((job["RoleArn"], need) for need in (*self._training(job), *self._rules(job)))
        role = self.states["CreateModel"]["Arguments"]["ExecutionRoleArn"]
        yield from ((role, need) for need in self._candidate())

    def _training_job(self) -> Mapping[str, Any]:
        """The one training job, or what a tuning job's have in common."""
        if "Train" in self.states:
            return dict(self.states["Train"]["Arguments"])
        return dict(self.states["Tune"]["Arguments"]["TrainingJobDefinition"])

    def _rules(self, job: Mapping[str, Any]) -> Iterator[Need]:
        """Debugger's rules, each a processing job with the training job's role."""
        for rule in job.get("DebugRuleConfigurations", ()):
            yield from self.container(rule["RuleEvaluatorImage"], "/aws/sagemaker/ProcessingJobs")
            yield from self.reading(job["DebugHookConfig"]["S3OutputPath"])
            yield from self.writing(rule["S3OutputPath"], self.calls.key_arn)

    def _shadow_endpoint(self) -> Iterator[Need]:
        """Clarify makes an endpoint of the candidate, asks it and deletes it; all that it names is tagged."""
        predictor = self.states["ConfigureClarify"]["Arguments"]["Body"]["predictor"]
        prefix, model = predictor["endpoint_name_prefix"], self.calls.text(predictor["model_name"])
        assert len(prefix) <= 23  # more may be cut off
        sagemaker = f"arn:aws:sagemaker:{self.assembly.region}:{ACCOUNT}"
        yield Need("sagemaker:DescribeModel", f"{sagemaker}:model/{model}")
        config = f"{sagemaker}:endpoint-config/{prefix}-config-1746251067-14e5"
        endpoint = f"{sagemaker}:endpoint/{self._shadow_name()}"
        for made, kind in ((config, "EndpointConfig"), (endpoint, "Endpoint")):
            yield from (Need(f"sagemaker:{verb}{kind}", made) for verb in ("Create", "Delete"))
            yield Need("sagemaker:AddTags", made)
        yield Need("sagemaker:CreateEndpoint", config)
        yield from (Need(f"sagemaker:{verb}Endpoint", endpoint) for verb in ("Describe", "Invoke"))

    def _shadow_container(self) -> Iterator[Need]:
        """The candidate's container writes what it prints as the model's role."""
        image = self.states["CreateModel"]["Arguments"]["PrimaryContainer"]["Image"]
        yield from self.container(image, f"/aws/sagemaker/Endpoints/{self._shadow_name()}")

    def _shadow_name(self) -> str:
        predictor = self.states["ConfigureClarify"]["Arguments"]["Body"]["predictor"]
        prefix, model = predictor["endpoint_name_prefix"], self.calls.text(predictor["model_name"])
        return f"{f'{prefix}-{model}'[: 63 - 16]}-1746251067-14e5"

    def _training(self, job: Mapping[str, Any]) -> Iterator[Need]:
        image = job["AlgorithmSpecification"]["TrainingImage"]
        yield from self.container(image, "/aws/sagemaker/TrainingJobs")
        for channel in job["InputDataConfig"]:
            yield from self.reading(channel["DataSource"]["S3DataSource"]["S3Uri"])
        target = job["OutputDataConfig"]
        yield from self.writing(target["S3OutputPath"], target["KmsKeyId"])
        yield from self.volume(job["ResourceConfig"])

    def _candidate(self) -> Iterator[Need]:
        container = self.states["CreateModel"]["Arguments"]["PrimaryContainer"]
        yield from self.container(container["Image"], "/aws/sagemaker/TransformJobs")
        yield from self.archive(container["ModelDataUrl"])
        yield from self.transform(self.states["Transform"]["Arguments"])


class _Serving(_Needs):
    machine = "serving"

    def all(self) -> Iterator[tuple[str, Need]]:
        """Each need with the role that has it; the model that is served is the one that was registered."""
        role = self.states["CreateModel"]["Arguments"]["ExecutionRoleArn"]
        container = self.registered()
        endpoint = self.calls.substitutions["EndpointName"]
        for need in self.container(container["Image"], f"/aws/sagemaker/Endpoints/{endpoint}"):
            yield role, need
        for need in self.archive(container["ModelDataUrl"]):
            yield role, need
        capture = self.states["CreateEndpointConfig"]["Arguments"].get("DataCaptureConfig")
        if capture:
            for need in self.writing(capture["DestinationS3Uri"], capture["KmsKeyId"]):
                yield role, need
        for need in self._rollback_alarms():
            yield role, need

    def _rollback_alarms(self) -> Iterator[Need]:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html."""
        config = self.states["UpdateEndpoint"]["Arguments"].get("DeploymentConfig", {})
        for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", ()):
            arn = f"arn:aws:cloudwatch:{self.assembly.region}:{ACCOUNT}:alarm:{alarm['AlarmName']}"
            yield Need("cloudwatch:DescribeAlarms", arn)


class _Batch(_Needs):
    machine = "batch"

    def all(self) -> Iterator[tuple[str, Need]]:
        """Each need with the role that has it; the model that predicts is one that was registered."""
        role = self.states["CreateModel"]["Arguments"]["ExecutionRoleArn"]
        yield from ((role, need) for need in self._predicting())

    def _predicting(self) -> Iterator[Need]:
        container = self.registered()
        yield from self.container(container["Image"], "/aws/sagemaker/TransformJobs")
        yield from self.archive(container["ModelDataUrl"])
        yield from self.transform(self.states["Transform"]["Arguments"])


class _Monitoring(_Needs):
    machine = "monitoring"

    def all(self) -> Iterator[tuple[str, Need]]:
        """Each need with the role that has it."""
        job = self.states["Compare"]["Arguments"]
        yield from ((job["RoleArn"], need) for need in self.processing(job))
