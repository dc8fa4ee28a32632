"""What the personas may do on the road: a data scientist runs it, a lead also approves and deploys.

It is what `manage.py` needs, see docs/operations.md.
"""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from settings.uploads import UPLOADS
from stacks.constructs.arns import parameter_arn, sagemaker_arn
from stacks.constructs.data_stores import DataStores
from stacks.constructs.monitoring_definition import COMPARISONS
from stacks.constructs.own_role import OwnPolicy
from stacks.constructs.road import Road
from stacks.constructs.state_machine import StateMachine

JOB_LOG_GROUPS = [f"/aws/sagemaker/{kind}Jobs" for kind in ("Processing", "Training", "Transform")]
READ_DATA = ("raw/*", "processed/*")
READ_ARTIFACTS = ("runs/*", "batch/*")
READ_OUTPUTS = ("serving", "storage", "training")
"""The stacks whose outputs the personas' commands read."""


class PlatformAccess(OwnPolicy):
    """What doesn't depend on the workloads: data, stacks' outputs, the jobs' logs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        roles: list[iam.IRole],
        stores: DataStores,
        prefix: str,
    ) -> None:
        super().__init__(scope, construct_id, roles=roles)
        # What lies in the uploads already isn't uploaded again.
        self._read(stores.data_bucket, READ_DATA, listed=(*READ_DATA, f"{UPLOADS}*"))
        self._read(stores.artifacts_bucket, READ_ARTIFACTS, listed=READ_ARTIFACTS)
        _allow(self, ["s3:PutObject"], stores.data_bucket.arn_for_objects(f"{UPLOADS}*"))
        _allow(self, ["kms:Decrypt", "kms:GenerateDataKey"], stores.key.key_arn)
        _allow(self, ["cloudwatch:DescribeAlarms", "sagemaker:ListModelPackages"], "*")
        self._read_outputs(prefix)
        self._read_switches(prefix)
        self._read_logs(prefix)

    def _read(self, bucket: s3.IBucket, patterns: tuple[str, ...], listed: tuple[str, ...]) -> None:
        self.add_statements(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": list(listed)}},
            )
        )
        _allow(self, ["s3:GetObject"], *(bucket.arn_for_objects(pattern) for pattern in patterns))

    def _read_outputs(self, prefix: str) -> None:
        stacks = [_stack(self, f"{prefix}-{name}") for name in READ_OUTPUTS]
        _allow(self, ["cloudformation:DescribeStacks"], *stacks)

    def _read_switches(self, prefix: str) -> None:
        _allow(self, ["ssm:GetParameters"], parameter_arn(self, f"/{prefix}/switched-off/*"))

    def _read_logs(self, prefix: str) -> None:
        for group in JOB_LOG_GROUPS:
            streams = Stack.of(self).format_arn(
                service="logs",
                resource="log-group",
                resource_name=f"{group}:log-stream:{prefix}-*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            _allow(self, ["logs:GetLogEvents"], streams)


class RoadAccess(OwnPolicy):
    """Status, training, prediction of a few workloads: everything but what changes what is served.

    A managed policy has room for 6144 characters, which are too few for any number of workloads.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, roles: list[iam.IRole], roads: Sequence[Road]
    ) -> None:
        super().__init__(scope, construct_id, roles=roles)
        started = [machine.arn for road in roads for machine in (road.training, road.batch)]
        listed = [machine.arn for road in roads for machine in (road.training, road.deployment)]
        _allow(self, ["states:StartExecution"], *started)
        _allow(self, ["states:ListExecutions"], *listed)
        for road in roads:
            for machine in (road.training, road.batch, road.deployment):
                _follow(self, machine)
            _allow(self, ["sagemaker:DescribeModelPackage"], _packages(self, road))
        endpoints = [sagemaker_arn(self, "endpoint", road.resource_name) for road in roads]
        actions = ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint", "sagemaker:ListTags"]
        _allow(self, actions, *endpoints)


class MonitoringAccess(OwnPolicy):
    """Comparing what endpoints are asked with what their models were tested on."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        roles: list[iam.IRole],
        machines: Sequence[StateMachine],
        stores: DataStores,
        prefix: str,
    ) -> None:
        super().__init__(scope, construct_id, roles=roles)
        _allow(self, ["states:StartExecution"], *(machine.arn for machine in machines))
        for machine in machines:
            _follow(self, machine)
        _allow(self, ["cloudformation:DescribeStacks"], _stack(self, f"{prefix}-monitoring"))
        _allow(self, ["s3:GetObject"], stores.artifacts_bucket.arn_for_objects(f"{COMPARISONS}*"))


class ApprovalAccess(OwnPolicy):
    """Approving and rejecting models, and deploying one that is approved already."""

    def __init__(
        self, scope: Construct, construct_id: str, *, roles: list[iam.IRole], roads: Sequence[Road]
    ) -> None:
        super().__init__(scope, construct_id, roles=roles)
        for road in roads:
            _allow(self, ["sagemaker:UpdateModelPackage"], _packages(self, road))
        _allow(self, ["states:StartExecution"], *(road.deployment.arn for road in roads))


class CodeAccess(OwnPolicy):
    """Pulling and pushing one CodeCommit repository, whose address is
    https://git-codecommit.<region>.amazonaws.com/v1/repos/<name>."""

    def __init__(self, scope: Construct, construct_id: str, *, roles: list[iam.IRole], address: str) -> None:
        super().__init__(scope, construct_id, roles=roles)
        host, _, name = address.removeprefix("https://").partition("/v1/repos/")
        repository = Stack.of(self).format_arn(
            service="codecommit",
            region=host.split(".")[1],
            resource=name.rstrip("/"),
            arn_format=ArnFormat.NO_RESOURCE_NAME,
        )
        self.add_statements(
            iam.PolicyStatement(actions=["codecommit:GitPull", "codecommit:GitPush"], resources=[repository])
        )


def _allow(policy: OwnPolicy, actions: list[str], *resources: str) -> None:
    policy.add_statements(iam.PolicyStatement(actions=actions, resources=list(resources)))


def _follow(policy: OwnPolicy, machine: StateMachine) -> None:
    executions = Stack.of(policy).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.resource.attr_name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    actions = ["DescribeExecution", "DescribeStateMachineForExecution", "GetExecutionHistory"]
    _allow(policy, [f"states:{action}" for action in actions], executions)


def _stack(scope: Construct, name: str) -> str:
    return Stack.of(scope).format_arn(service="cloudformation", resource="stack", resource_name=f"{name}/*")


def _packages(scope: Construct, road: Road) -> str:
    return sagemaker_arn(scope, "model-package", f"{road.resource_name}/*")
