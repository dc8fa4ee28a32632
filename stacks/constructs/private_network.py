"""A VPC of isolated subnets: no gateway to the Internet, no NAT, its traffic logged."""

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings.environment import Environment
from settings.network import Network
from stacks.constructs.decisions import DEFAULT_GROUP_IS_UNUSED
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.own_role import OwnRole

_ROOM_FOR_ZONES = 2
"""Bits of the subnets' numbers: room for four, so that a further zone moves none of the others."""


class PrivateNetwork(Construct):
    """Attributes: `vpc`, `subnet_ids`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = self._build_vpc(environment.network)
        DEFAULT_GROUP_IS_UNUSED.accept(self.vpc)
        self.subnet_ids = tuple(subnet.subnet_id for subnet in self.vpc.isolated_subnets)
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                OwnLogGroup(self, "FlowLogs", environment=environment, key=key), self._build_flow_log_role()
            ),
        )

    def _build_flow_log_role(self) -> OwnRole:
        return OwnRole(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
            description="Writes the VPC's flow logs",
        )

    def _build_vpc(self, network: Network) -> ec2.Vpc:
        prefix_length = int(network.cidr.partition("/")[2])
        return ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(network.cidr),
            # The region's own list, whichever the region: without it, CDK knows of two zones only.
            availability_zones=[Fn.select(number, Fn.get_azs()) for number in range(network.zones)],
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated",
                    subnet_type=ec2.SubnetType.PRIVATE_ISOLATED,
                    cidr_mask=prefix_length + _ROOM_FOR_ZONES,
                )
            ],
            # Nothing is in the default group; emptying it would take a function that may change groups.
            restrict_default_security_group=False,
        )

    def security_group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        """A group whose members reach each other by TCP, and HTTPS anywhere a route leads.

        Out of isolated subnets, routes lead to the VPC's endpoints only; S3's has public addresses.
        """
        group = ec2.SecurityGroup(
            self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS services, by the VPC's endpoints")
        connect_members(group, ec2.Port.all_tcp(), "Each other")
        return group


def connect_members(group: ec2.SecurityGroup, port: ec2.Port, description: str) -> None:
    """Let the members of a group reach each other at a port."""
    group.add_ingress_rule(group, port, description)
    group.add_egress_rule(group, port, description)
