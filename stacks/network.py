"""Network: the platform's own VPC, where it has one."""

from aws_cdk import Environment as Target
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings.environment import Environment
from settings.studio import CODE_COMMIT, Studio
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.private_network import PrivateNetwork, connect_members
from stacks.constructs.service_endpoints import (
    FOR_CODE,
    FOR_JOBS,
    FOR_NOTEBOOK,
    FOR_STUDIO,
    ServiceEndpoints,
)

# What encrypts between a job's instances: https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html
# (CDK's own Port.esp names ports, which the protocol doesn't have).
ESP = ec2.Port(protocol=ec2.Protocol.ESP, string_representation="ESP")


class NetworkStack(Stack):
    """Attributes: `jobs` and `studio`, where each has its network interfaces.

    In a public environment, jobs have none, and Studio needs the VPC for its file system only: then there are
    no endpoints, which cost by the hour.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        key: kms.IKey,
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: private network")
        self._network = PrivateNetwork(self, "Network", environment=environment, key=key)
        self.jobs, self.studio = NetworkPlacement(), NetworkPlacement()
        if environment.studio:
            self.studio = self._placement(self._network.security_group("Studio", "Studio"))
        if environment.network.mode == "vpc_only":
            self.jobs = self._placement(self._build_job_group())
            ServiceEndpoints(
                self,
                "Endpoints",
                network=self._network,
                cidr=environment.network.cidr,
                services={**FOR_JOBS, **_for_people(environment.studio)},
            )

    def _build_job_group(self) -> ec2.SecurityGroup:
        group = self._network.security_group("Jobs", "Jobs and real-time endpoints")
        for port in (ec2.Port.udp(500), ESP):
            connect_members(group, port, "Each other, encrypted")
        return group

    def _placement(self, group: ec2.SecurityGroup) -> NetworkPlacement:
        return NetworkPlacement(
            vpc_id=self._network.vpc.vpc_id,
            subnet_ids=self._network.subnet_ids,
            security_group_ids=(group.security_group_id,),
        )


def _for_people(studio: Studio | None) -> dict[str, ec2.InterfaceVpcEndpointAwsService]:
    if studio is None:
        return {}
    services = dict(FOR_STUDIO)
    if studio.notebook_instance:
        services |= FOR_NOTEBOOK
    if studio.code_repository and studio.code_repository.startswith(CODE_COMMIT):
        services |= FOR_CODE
    return services
