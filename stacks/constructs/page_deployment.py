"""The page's files: put into their bucket at each deployment, which CloudFront's edges then ask anew."""

from aws_cdk import Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_s3_deployment as s3_deployment
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.cdk_functions import settle_copier
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.own_role import OwnRole
from stacks.constructs.python_function import PROJECT_ROOT
from stacks.constructs.site_buckets import PAGE_PREFIX

WEBSITE = PROJECT_ROOT / "website"
PORTRAITS = "portraits/*"
# Edges keep what they have for up to a year, for a deployment drops it there. A browser asks each time
# whether the page and its modules are still the same, so that it never mixes those of two deployments.
REVALIDATED = "public, max-age=0, s-maxage=31536000, must-revalidate"
KEPT_FOR_A_WEEK = "public, max-age=604800, s-maxage=31536000"


class PageDeployment(Construct):
    """Two deployments of one folder: of what a browser may keep for a week, and of all else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        distribution: cloudfront.IDistribution,
        environment: Environment,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._bucket = bucket
        self._distribution = distribution
        self._archive = s3_assets.Asset(self, "Archive", path=str(WEBSITE))
        self._log_group = OwnLogGroup(self, "Logs", environment=environment, key=key)
        self._role = self._build_role()
        portraits = self._deploy("Portraits", KEPT_FOR_A_WEEK, exclude=["*"], include=[PORTRAITS])
        code = self._deploy("Code", REVALIDATED, exclude=[PORTRAITS])
        code.node.add_dependency(portraits)  # the page never names a picture that isn't there
        settle_copier(Stack.of(self), self._role, key)

    def _build_role(self) -> iam.Role:
        """What CDK would grant the function that copies is more: all of both buckets, every distribution."""
        role = OwnRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Copies the page into its bucket",
        )
        self._log_group.grant_write(role)
        archive = self._archive.bucket.arn_for_objects(self._archive.s3_object_key)
        for actions, resource in (
            (["s3:GetObject"], archive),
            (["s3:ListBucket"], self._bucket.bucket_arn),
            (["s3:PutObject"], self._bucket.arn_for_objects(f"{PAGE_PREFIX}*")),
            (
                ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
                self._distribution.distribution_arn,
            ),
        ):
            role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        return role

    def _deploy(
        self, name: str, cache_control: str, *, exclude: list[str], include: list[str] | None = None
    ) -> s3_deployment.BucketDeployment:
        deployment = s3_deployment.BucketDeployment(
            self,
            name,
            sources=[s3_deployment.Source.bucket(self._archive.bucket, self._archive.s3_object_key)],
            destination_bucket=self._bucket,
            destination_key_prefix=PAGE_PREFIX,
            prune=False,  # a page that is still open somewhere finds the modules it names
            exclude=exclude,
            include=include,
            cache_control=[s3_deployment.CacheControl.from_string(cache_control)],
            distribution=self._distribution,
            distribution_paths=["/*"],
            role=self._role.without_policy_updates(),
            log_group=self._log_group,
        )
        deployment.node.add_dependency(self._role)
        return deployment
