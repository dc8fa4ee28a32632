"""Website: the quiz for a visitor, the API behind the same domain."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.emptier_logs import own_the_logs_of_the_emptier
from stacks.constructs.page_deployment import PageDeployment
from stacks.constructs.site_buckets import SiteBuckets
from stacks.constructs.site_distribution import SiteDistribution


class WebsiteStack(Stack):
    """Attributes: `buckets`, `site`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        api: apigateway.RestApi,
        site_key: str | None,
        key: kms.IKey,
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: the quiz's website")
        self.buckets = SiteBuckets(self, "Buckets", retain=environment.retain_data)
        self.site = SiteDistribution(
            self, "Site", buckets=self.buckets, api=api, site_key=site_key, website=environment.website
        )
        PageDeployment(
            self,
            "Deployment",
            bucket=self.buckets.page,
            distribution=self.site.distribution,
            environment=environment,
            key=key,
        )
        if not environment.retain_data:
            own_the_logs_of_the_emptier(self, environment=environment, key=key)
        CfnOutput(self, "SiteUrl", value=f"https://{self.site.domain}/")
