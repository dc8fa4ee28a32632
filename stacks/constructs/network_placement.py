"""Where network interfaces are put: subnets and security groups, handed from stack to stack as one value."""

from dataclasses import dataclass

from settings.network import Network


@dataclass(frozen=True, kw_only=True)
class NetworkPlacement:
    """Subnets and security groups of a VPC; all empty in a public network.

    State machines' definitions name them `${Subnet1}`, `${SecurityGroup1}` and so on.
    """

    vpc_id: str = ""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()

    @property
    def substitutions(self) -> dict[str, str]:
        """What the names in a definition stand for."""
        subnets = {f"Subnet{number}": value for number, value in enumerate(self.subnet_ids, 1)}
        groups = {f"SecurityGroup{number}": value for number, value in enumerate(self.security_group_ids, 1)}
        return {**subnets, **groups}


def brought(network: Network) -> NetworkPlacement:
    """The placement in a VPC that was there before the platform, or in none."""
    return NetworkPlacement(
        vpc_id=network.vpc_id or "",
        subnet_ids=network.subnet_ids,
        security_group_ids=network.security_group_ids,
    )
