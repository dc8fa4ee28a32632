"""The role of one kind of SageMaker job or model, which reaches its own workload's prefixes only."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from settings.workload import Workload
from stacks.constructs.algorithm_image import AlgorithmImage
from stacks.constructs.arns import log_group_arn
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.own_role import OwnRole

NETWORK_ACTIONS_WITHOUT_RESOURCE = [
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]


class ExecutionRole(OwnRole):
    """What SageMaker assumes to run a workload's container: pull its image, write its logs and metrics.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        purpose: str,
        image: AlgorithmImage,
        log_group: str,
        key: kms.IKey,
        network: NetworkPlacement,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description=f"{workload.name}: {purpose}",
        )
        self._key = key
        self._allow(["ecr:GetAuthorizationToken"], "*")
        self._write_metrics()
        self.run(image, log_group)
        if network.subnet_ids:
            self._attach_network_interfaces(network)

    def run(self, image: AlgorithmImage, log_group: str) -> None:
        """Allow pulling an image and writing its containers' logs."""
        self._allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], image.arn
        )
        self.write_logs(log_group)

    def write_logs(self, log_group: str) -> None:
        """Allow making a log group, whose name may be a pattern, and writing to it."""
        self._allow(
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            log_group_arn(self, log_group),
        )

    def read(self, bucket: s3.IBucket, *prefixes: str) -> None:
        """Allow listing and reading what lies under the prefixes, each ending in a slash."""
        self._list(bucket, prefixes)
        self.read_named(bucket, *prefixes)

    def read_named(self, bucket: s3.IBucket, *prefixes: str) -> None:
        """Allow reading what lies under the prefixes by its full name, as a model is; no listing."""
        self._allow_objects(["s3:GetObject"], bucket, prefixes)
        self._key.grant(self, "kms:Decrypt")

    def write(self, bucket: s3.IBucket, *prefixes: str) -> None:
        """Allow writing under the prefixes, each ending in a slash.

        The parts of an upload that fails go by the buckets' lifecycle.
        """
        self._allow_objects(["s3:PutObject"], bucket, prefixes)
        self._key.grant(self, "kms:Decrypt", "kms:GenerateDataKey")

    def use_encrypted_volumes(self) -> None:
        """Allow SageMaker to hand the key to the instances whose disks it encrypts."""
        self._key.grant(self, "kms:CreateGrant", "kms:DescribeKey")

    def _list(self, bucket: s3.IBucket, prefixes: tuple[str, ...]) -> None:
        self.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
            )
        )

    def _allow_objects(self, actions: list[str], bucket: s3.IBucket, prefixes: tuple[str, ...]) -> None:
        self._allow(actions, *(bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes))

    def _write_metrics(self) -> None:
        self.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
            )
        )

    def _attach_network_interfaces(self, network: NetworkPlacement) -> None:
        """Let SageMaker put the containers' network interfaces into the environment's subnets."""
        stack = Stack.of(self)
        interfaces = stack.format_arn(service="ec2", resource="network-interface", resource_name="*")
        names = [("subnet", name) for name in network.subnet_ids]
        names += [("security-group", name) for name in network.security_group_ids]
        places = [stack.format_arn(service="ec2", resource=kind, resource_name=name) for kind, name in names]
        self._allow(["ec2:CreateNetworkInterface"], interfaces, *places)
        self._allow(["ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"], interfaces)
        self._allow(NETWORK_ACTIONS_WITHOUT_RESOURCE, "*")
        # EC2 may ask for it without the interface: the region is all that it can be held to.
        self.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["ec2:DeleteNetworkInterfacePermission"],
                resources=["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": stack.region}},
            )
        )

    def _allow(self, actions: list[str], *resources: str) -> None:
        self.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))
