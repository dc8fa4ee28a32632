"""The platform's own network: isolated, logged, and open to AWS services of this account only."""

from ipaddress import IPv4Network
from typing import Any

import pytest

from settings.loading import load_environment
from tests.infrastructure.assembly import ACCOUNT, Assembly, Resource, synthesize
from tests.infrastructure.conftest import changed, one_workload
from tests.infrastructure.state_machines import state_machine

JOBS_NEED = ("sagemaker.api", "sagemaker.runtime")
PEOPLE_NEED = ("athena", "cloudformation", "logs", "states", "studio", "sts")
STUDIO = {
    "code_repository": "https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/notebooks",
    "notebook_instance": {},
}


@pytest.fixture(scope="module")
def three_zones(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    prod = load_environment("prod")
    environment = changed(prod, network={**prod.network.model_dump(), "zones": 3}, studio=STUDIO)
    return synthesize(environment, one_workload(environment), tmp_path_factory.mktemp("zones"))


def _only(assembly: Assembly, kind: str) -> Resource:
    [resource] = assembly.resources(kind)
    return resource


def _endpoints(assembly: Assembly) -> dict[str, dict[str, Any]]:
    """The VPC endpoints by their service's name after the region."""
    found = {}
    for resource in assembly.resources("AWS::EC2::VPCEndpoint"):
        properties = assembly.resolve(resource.stack, resource.properties)
        found[properties["ServiceName"].partition(f".{assembly.region}.")[2]] = properties
    return found


def test_an_environment_makes_a_vpc_unless_it_brings_one(
    dev: Assembly, prod: Assembly, concrete: Assembly
) -> None:
    # Given a public environment, one in a VPC to make, one in a VPC that is there
    # Then only the third has no network stack, and the first has one for Studio's file system only
    assert ["network" in assembly.stacks for assembly in (dev, prod, concrete)] == [True, True, False]
    assert dev.resources("AWS::EC2::VPCEndpoint") == []
    assert len(dev.resources("AWS::EC2::Subnet")) == 2


def test_there_is_no_way_to_the_internet(prod: Assembly) -> None:
    # Given the resources that would lead there
    ways = ("InternetGateway", "NatGateway", "EgressOnlyInternetGateway", "Route", "VPCGatewayAttachment")
    # Then there are none, and no subnet gives public addresses
    assert prod.resources(*(f"AWS::EC2::{way}" for way in ways)) == []
    for subnet in prod.resources("AWS::EC2::Subnet"):
        assert subnet.properties["MapPublicIpOnLaunch"] is False


def test_subnets_are_in_zones_of_their_own_and_a_further_one_moves_none(
    prod: Assembly, three_zones: Assembly
) -> None:
    def subnets(assembly: Assembly) -> dict[int, str]:
        found = [subnet.properties for subnet in assembly.resources("AWS::EC2::Subnet")]
        return {each["AvailabilityZone"]["Fn::Select"][0]: each["CidrBlock"] for each in found}

    # Given networks of two and of three zones
    two, three = subnets(prod), subnets(three_zones)
    # Then each zone has one subnet, with the same addresses in both
    assert (list(two), list(three)) == ([0, 1], [0, 1, 2])
    assert two.items() <= three.items()
    blocks = [IPv4Network(block) for block in three.values()]
    assert all(block.subnet_of(IPv4Network("10.64.0.0/16")) for block in blocks)
    assert not any(one.overlaps(other) for one in blocks for other in blocks if one is not other)


def test_all_traffic_is_logged(prod: Assembly) -> None:
    flow_log = _only(prod, "AWS::EC2::FlowLog").properties
    assert flow_log["TrafficType"] == "ALL"
    assert flow_log["ResourceId"] == {"Ref": _only(prod, "AWS::EC2::VPC").logical_id}
    group = prod.resource("network", flow_log["LogGroupName"]["Ref"])
    assert group.body["Type"] == "AWS::Logs::LogGroup"
    assert "KmsKeyId" in group.properties


def test_only_these_services_can_be_reached(prod: Assembly) -> None:
    # Given the endpoints
    endpoints = _endpoints(prod)
    # Then there is one for what jobs and people need, and S3's costs nothing
    assert {name: properties["VpcEndpointType"] for name, properties in endpoints.items()} == {
        "s3": "Gateway",
        **dict.fromkeys((*JOBS_NEED, *PEOPLE_NEED), "Interface"),
    }
    # And they are in all subnets
    subnets = {
        prod.resolve("network", {"Ref": each.logical_id}) for each in prod.resources("AWS::EC2::Subnet")
    }
    for name in (*JOBS_NEED, *PEOPLE_NEED):
        assert set(endpoints[name]["SubnetIds"]) == subnets
        assert endpoints[name]["PrivateDnsEnabled"] is True
    assert len(endpoints["s3"]["RouteTableIds"]) == len(subnets)


def test_endpoints_let_only_this_account_through_and_to_its_own_resources_only(prod: Assembly) -> None:
    for name, properties in _endpoints(prod).items():
        # Given an endpoint's policy
        [statement] = properties["PolicyDocument"]["Statement"]
        # Then all that it allows is held to the account
        assert statement["Effect"] == "Allow"
        assert statement["Condition"] == {
            "StringEquals": {"aws:PrincipalAccount": ACCOUNT},
            "StringEqualsIfExists": {"aws:ResourceAccount": ACCOUNT},
        }, name


def test_endpoints_are_reached_by_https_from_within(prod: Assembly) -> None:
    interface = [each for each in _endpoints(prod).values() if each["VpcEndpointType"] == "Interface"]
    [[group]] = {tuple(properties["SecurityGroupIds"]) for properties in interface}
    [resource] = [
        each
        for each in prod.resources("AWS::EC2::SecurityGroup")
        if group == prod.resolve("network", {"Fn::GetAtt": [each.logical_id, "GroupId"]})
    ]
    [rule] = resource.properties["SecurityGroupIngress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert rule["CidrIp"] == _only(prod, "AWS::EC2::VPC").properties["CidrBlock"]


def test_jobs_reach_each_other_encrypted_too_and_services_by_https(prod: Assembly) -> None:
    # Given the group that jobs are in
    [group] = [
        each
        for each in prod.resources("AWS::EC2::SecurityGroup")
        if each.properties["GroupDescription"] == "Jobs and real-time endpoints"
    ]
    # Then members reach each other both ways: TCP, and what encrypts between a job's instances
    own = {"Fn::GetAtt": [group.logical_id, "GroupId"]}
    for kind, other in (("Ingress", "SourceSecurityGroupId"), ("Egress", "DestinationSecurityGroupId")):
        every = [rule.properties for rule in prod.resources(f"AWS::EC2::SecurityGroup{kind}")]
        assert all(rule["GroupId"] == rule[other] for rule in every)
        rules = [rule for rule in every if rule["GroupId"] == own]
        protocols = {(rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort")) for rule in rules}
        assert protocols == {("tcp", 0, 65535), ("udp", 500, 500), ("50", None, None)}
    # And nothing else comes in, and only HTTPS goes out
    assert "SecurityGroupIngress" not in group.properties
    [rule] = group.properties["SecurityGroupEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)


def test_a_notebook_instance_and_a_repository_have_endpoints_of_their_own(three_zones: Assembly) -> None:
    more = {"notebook", "git-codecommit"}
    assert _endpoints(three_zones).keys() == {"s3", *JOBS_NEED, *PEOPLE_NEED, *more}


def test_a_network_of_three_zones_is_used_whole(three_zones: Assembly) -> None:
    # Given the substitutions of a state machine
    machine = state_machine(three_zones, "training").resource
    substitutions = three_zones.resolve(machine.stack, machine.properties["DefinitionSubstitutions"])
    # Then they name the three subnets
    subnets = {substitutions[f"Subnet{number}"] for number in (1, 2, 3)}
    assert subnets == {
        three_zones.resolve("network", {"Ref": each.logical_id})
        for each in three_zones.resources("AWS::EC2::Subnet")
    }
