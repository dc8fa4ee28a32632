"""The ways out of a private network: VPC endpoints of the AWS services that are used from within.

Images are pulled, and logs of jobs written, by SageMaker from outside of the VPC, none is for that:
https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html
"""

from collections.abc import Mapping

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.private_network import PrivateNetwork

_Service = ec2.InterfaceVpcEndpointAwsService

FOR_JOBS: Mapping[str, ec2.InterfaceVpcEndpointAwsService] = {
    "SageMakerApi": _Service.SAGEMAKER_API,
    "SageMakerRuntime": _Service.SAGEMAKER_RUNTIME,
}
"""Clarify's job makes an endpoint of the candidate and asks it; other jobs are cut off and need S3 only."""

FOR_STUDIO: Mapping[str, ec2.InterfaceVpcEndpointAwsService] = {
    "Athena": _Service.ATHENA,
    "CloudFormation": _Service.CLOUDFORMATION,
    "Logs": _Service.CLOUDWATCH_LOGS,
    "StepFunctions": _Service.STEP_FUNCTIONS,
    "Studio": _Service.SAGEMAKER_STUDIO,
    "Sts": _Service.STS,
}
"""What people use there: queries, the stacks' outputs, logs, executions, Studio itself, who they are."""

FOR_NOTEBOOK: Mapping[str, ec2.InterfaceVpcEndpointAwsService] = {"Notebook": _Service.SAGEMAKER_NOTEBOOK}

FOR_CODE: Mapping[str, ec2.InterfaceVpcEndpointAwsService] = {"CodeCommit": _Service.CODECOMMIT_GIT}


class ServiceEndpoints(Construct):
    """A gateway endpoint for S3 and an interface endpoint for each service, for this account only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: PrivateNetwork,
        cidr: str,
        services: Mapping[str, ec2.InterfaceVpcEndpointAwsService],
    ) -> None:
        super().__init__(scope, construct_id)
        s3 = ec2.GatewayVpcEndpoint(self, "S3", vpc=network.vpc, service=ec2.GatewayVpcEndpointAwsService.S3)
        s3.add_to_policy(_own_account())
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=network.vpc,
            description="Endpoints of AWS services",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "HTTPS from within")
        for name, service in services.items():
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                name,
                vpc=network.vpc,
                service=service,
                subnets=ec2.SubnetSelection(subnets=network.vpc.isolated_subnets),
                security_groups=[group],
                open=False,
            )
            endpoint.add_to_policy(_own_account())


def _own_account() -> iam.PolicyStatement:
    """What an endpoint lets through: this account's principals, to this account's resources.

    So data can't be carried to another account's bucket with another account's credentials. An action
    without a resource, such as sts:GetCallerIdentity, has no account of one to compare.
    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
    """
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["*"],
        resources=["*"],
        conditions={
            "StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID},
            "StringEqualsIfExists": {"aws:ResourceAccount": Aws.ACCOUNT_ID},
        },
    )
