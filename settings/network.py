"""Where jobs, endpoints and Studio have their network interfaces."""

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Annotated, Literal

from pydantic import Field, field_validator

from settings.errors import not_allowed
from settings.instances import HostingInstances
from settings.schema import Finding, Section, rejected

ROUTABLE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""
RESERVED = IPv4Network("172.17.0.0/16")
"""Docker's own network on SageMaker's instances: https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-and-internet-access.html"""
LONGEST_PREFIX = 24

SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]


class Network(Section):
    """Public, or within a VPC only: the platform's own, or one that is there already."""

    mode: Literal["public", "vpc_only"] = Field(
        default="public", description="the mode is public or vpc_only"
    )
    cidr: str = Field(
        default="10.64.0.0/16",
        description=(
            "the addresses of the platform's own VPC, a private block from /16 to /24 such as 10.64.0.0/16"
        ),
    )
    zones: int = Field(
        default=2,
        ge=2,
        le=3,
        description="the number of availability zones of the platform's own VPC, 2 or 3",
    )
    vpc_id: str | None = Field(
        default=None,
        pattern=r"^vpc-[0-9a-f]{8,17}$",
        description="the id of a VPC that is there already, such as vpc-0123456789abcdef0, or null",
    )
    subnet_ids: tuple[SubnetId, ...] = Field(
        default=(),
        strict=False,
        max_length=16,
        description="a list of at most 16 subnet ids such as subnet-0123456789abcdef0",
    )
    security_group_ids: tuple[SecurityGroupId, ...] = Field(
        default=(),
        strict=False,
        max_length=5,
        description="a list of at most 5 security group ids such as sg-0123456789abcdef0",
    )
    in_place_of_serverless: HostingInstances | None = Field(
        default=None,
        description=(
            "what the endpoints of serverless workloads run on where the mode is vpc_only, which has no "
            "serverless endpoints: a mapping with instance_type and instance_count, or null"
        ),
    )

    @property
    def brings_a_vpc(self) -> bool:
        """Whether a VPC that is there already is used."""
        return self.vpc_id is not None

    @property
    def subnet_count(self) -> int:
        """The number of subnets that jobs may run in; none in a public network."""
        if self.mode == "public":
            return 0
        return len(self.subnet_ids) if self.brings_a_vpc else self.zones

    @property
    def security_group_count(self) -> int:
        """The number of security groups that jobs are in; none in a public network."""
        if self.mode == "public":
            return 0
        return len(self.security_group_ids) if self.brings_a_vpc else 1

    @field_validator("cidr")
    @classmethod
    def _private_block(cls, cidr: str) -> str:
        try:
            block = IPv4Network(cidr)
        except (AddressValueError, NetmaskValueError, ValueError) as error:
            raise _rejected("cidr", cidr, f"{_allowed('cidr')}: {error}") from error
        if not any(block.subnet_of(routable) for routable in ROUTABLE) or not (
            16 <= block.prefixlen <= LONGEST_PREFIX
        ):
            raise _rejected("cidr", cidr, _allowed("cidr"))
        if block.overlaps(RESERVED):
            raise _rejected("cidr", cidr, f"SageMaker's instances use {RESERVED} themselves")
        return cidr

    def contradictions(self) -> list[Finding]:
        """What of the settings doesn't go together, with paths that start here."""
        if self.mode == "public" and self.in_place_of_serverless:
            reason = "network.mode public has serverless endpoints"
            return [_finding("in_place_of_serverless", self.in_place_of_serverless.model_dump(), reason)]
        brought = {
            "vpc_id": self.vpc_id,
            "subnet_ids": list(self.subnet_ids),
            "security_group_ids": list(self.security_group_ids),
        }
        if not any(brought.values()):
            return []
        if self.mode == "public":
            return [
                _finding(name, value, f"network.mode public has no {name}")
                for name, value in brought.items()
                if value
            ]
        together = f"a VPC that is there already needs all of {', '.join(brought)}"
        missing = [_finding(name, value, together) for name, value in brought.items() if not value]
        fields = Network.model_fields
        own = [name for name in ("cidr", "zones") if getattr(self, name) != fields[name].default]
        reason = "the VPC that vpc_id, subnet_ids and security_group_ids name has its own"
        return missing + [_finding(name, getattr(self, name), reason) for name in own]


def _allowed(field: str) -> str:
    return Network.model_fields[field].description or ""


def _rejected(field: str, value: object, allowed: str) -> Exception:
    return rejected(_finding(field, value, allowed))


def _finding(field: str, value: object, allowed: str) -> Finding:
    return Finding((field,), not_allowed(value, allowed))
