"""A role that people act as in Studio: their own spaces and apps, and what a persona adds."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.own_role import OwnPolicy, OwnRole

# Filled in by IAM from the session that Studio gave the role.
_DOMAIN = "${sagemaker:DomainId}"
_PROFILE = "${sagemaker:DomainId}/${sagemaker:UserProfileName}"
_LISTED = [
    "sagemaker:ListApps",
    "sagemaker:ListDomains",
    "sagemaker:ListSpaces",
    "sagemaker:ListUserProfiles",
]


class StudioRole(OwnRole):
    """An execution role of the domain, which CloudTrail shows with the user's name as source identity.

    https://docs.aws.amazon.com/sagemaker/latest/dg/monitor-user-access.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, description: str) -> None:
        studio = iam.ServicePrincipal("sagemaker.amazonaws.com")
        super().__init__(scope, construct_id, assumed_by=studio, description=description)
        assert self.assume_role_policy is not None  # noqa: S101 - a role that CDK makes has one
        self.assume_role_policy.add_statements(
            iam.PolicyStatement(actions=["sts:SetSourceIdentity"], principals=[studio])
        )


class StudioAccess(OwnPolicy):
    """What everybody may do in Studio: look around, and keep private spaces of their own with their apps.

    https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-spaces-access.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, roles: list[iam.IRole], key: kms.IKey) -> None:
        super().__init__(scope, construct_id, roles=roles)
        spaces, apps = self._arn("space", f"{_DOMAIN}/*"), self._arn("app", f"{_DOMAIN}/*")
        profile = self._arn("user-profile", _PROFILE)
        self._allow(_LISTED, "*")
        self._allow(["sagemaker:DescribeDomain"], self._arn("domain", _DOMAIN))
        self._allow(["sagemaker:CreatePresignedDomainUrl", "sagemaker:DescribeUserProfile"], profile)
        self._allow(["sagemaker:DescribeSpace"], spaces)
        self._allow(["sagemaker:DescribeApp"], apps)
        owned = {
            "ArnLike": {"sagemaker:OwnerUserProfileArn": profile},
            "StringEquals": {"sagemaker:SpaceSharingType": "Private"},
        }
        self._allow(
            ["sagemaker:CreateSpace", "sagemaker:DeleteSpace", "sagemaker:UpdateSpace"],
            spaces,
            conditions=owned,
        )
        self._allow(["sagemaker:CreateApp", "sagemaker:DeleteApp"], apps, conditions=owned)
        # The domain's tags go to what is made in it, in the same request.
        tagging = {"Null": {"sagemaker:TaggingAction": "false"}}
        self._allow(["sagemaker:AddTags"], spaces, apps, conditions=tagging)
        self._encrypt_volumes(key)

    def _encrypt_volumes(self, key: kms.IKey) -> None:
        """Let SageMaker use the key for the disks of spaces, as who starts an app."""
        self._allow(["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], key.key_arn)
        for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        self._allow(["kms:CreateGrant"], key.key_arn, conditions=for_aws)

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service="sagemaker", resource=resource, resource_name=name)

    def _allow(
        self, actions: list[str], *resources: str, conditions: dict[str, dict[str, str]] | None = None
    ) -> None:
        self.add_statements(
            iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions)
        )
