"""Ends a Studio domain as CloudFormation can't: with running apps, leaving nothing that holds the network.

See docs/decisions/20-studio-teardown.md.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.own_role import OwnPolicy
from stacks.constructs.polling_provider import PollingCode, PollingProvider
from stacks.constructs.studio_domain import StudioDomain

# CloudFormation waits no longer for a custom resource; an app takes up to 20 minutes.
LONGEST = Duration.hours(1)
_OWNER = "aws:ResourceTag/ManagedByAmazonSageMakerResource"


class StudioTeardown(Construct):
    """A custom resource for the domain and one for each user, which do nothing until they are deleted.

    A user's is deleted before space and profile, the domain's after all profiles and before the domain.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        domain: StudioDomain,
        vpc_id: str,
        environment: Environment,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._domain = domain.resource
        self._keep_file_system = environment.retain_data
        self._provider = self._build_provider(environment, key)
        self._policy = OwnPolicy(self, "Policy", roles=[self._provider.polling_role])
        self._allow_ending_the_domain()
        self._allow_removing_the_file_system(vpc_id)
        self._allow_removing_security_groups()
        ending = self._end_domain()
        for name, user in domain.users.items():
            user.profile.node.add_dependency(ending)
            self._end_user(name).node.add_dependency(user.space)

    def _build_provider(self, environment: Environment, key: kms.IKey) -> PollingProvider:
        provider = PollingProvider(
            self,
            "Provider",
            code=PollingCode(
                package="studio_teardown",
                naming="Names what a teardown of Studio ends",
                polling="Ends Studio's apps, spaces and domain, look by look",
            ),
            calling="Calls a function of Studio's teardown",
            longest=LONGEST,
            environment=environment,
            key=key,
        )
        provider.polling_role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    "ec2:DescribeSecurityGroups",
                    "sagemaker:ListApps",
                    "sagemaker:ListDomains",
                    "sagemaker:ListSpaces",
                    "sagemaker:ListUserProfiles",
                ],
                resources=["*"],
            )
        )
        return provider

    def _end_domain(self) -> Construct:
        domain = self._domain
        return self._provider.add_resource(
            Construct(self, "Domain"),
            "Custom::StudioDomainTeardown",
            {
                "DomainId": domain.attr_domain_id,
                "DomainArn": domain.attr_domain_arn,
                "FileSystemId": domain.attr_home_efs_file_system_id,
                "KeepFileSystem": "true" if self._keep_file_system else "false",
            },
            self._policy,
        )

    def _end_user(self, name: str) -> Construct:
        return self._provider.add_resource(
            Construct(self, f"{name}User"),
            "Custom::StudioUserTeardown",
            {"DomainId": self._domain.attr_domain_id, "UserProfileName": name},
            self._policy,
        )

    def _allow_ending_the_domain(self) -> None:
        self._allow(["sagemaker:DeleteDomain"], self._domain.attr_domain_arn)
        for kind, action in (("app", "App"), ("space", "Space"), ("user-profile", "UserProfile")):
            everything = f"{self._domain.attr_domain_id}/*"
            arn = Stack.of(self).format_arn(service="sagemaker", resource=kind, resource_name=everything)
            self._allow([f"sagemaker:Delete{action}"], arn)

    def _allow_removing_the_file_system(self, vpc_id: str) -> None:
        stack = Stack.of(self)
        file_system = stack.format_arn(
            service="elasticfilesystem",
            resource="file-system",
            resource_name=self._domain.attr_home_efs_file_system_id,
        )
        actions = ["DeleteMountTarget", "DescribeFileSystems", "DescribeMountTargets"]
        if not self._keep_file_system:
            actions.append("DeleteFileSystem")
        self._allow([f"elasticfilesystem:{action}" for action in actions], file_system)
        # https://docs.aws.amazon.com/efs/latest/ug/API_DeleteMountTarget.html
        vpc = stack.format_arn(service="ec2", resource="vpc", resource_name=vpc_id)
        interfaces = stack.format_arn(service="ec2", resource="network-interface", resource_name="*")
        self._allow(["ec2:DeleteNetworkInterface"], interfaces, {"ArnEquals": {"ec2:Vpc": vpc}})

    def _allow_removing_security_groups(self) -> None:
        groups = Stack.of(self).format_arn(service="ec2", resource="security-group", resource_name="*")
        self._allow(
            ["ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
            groups,
            {"StringEquals": {_OWNER: self._domain.attr_domain_arn}},
        )

    def _allow(
        self, actions: list[str], resource: str, conditions: dict[str, dict[str, str]] | None = None
    ) -> None:
        self._policy.add_statements(
            iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)
        )
