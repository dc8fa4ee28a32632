"""The buckets of the website: the page's files, and the logs of who asked for them."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs.access_log_bucket import AccessLogBucket
from stacks.constructs.decisions import NO_COPY_IN_ANOTHER_REGION, PAGE_UNDER_S3S_KEY

PAGE_PREFIX = "page/"
"""Where the page's files are in their bucket."""
NONCURRENT_VERSION_DAYS = 30


class SiteBuckets(Construct):
    """Attributes: `page`, `access_logs`.

    The page, too, is under S3's own key: it is public, and a key of ours would have to name the distribution,
    which is made after it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, retain: bool) -> None:
        super().__init__(scope, construct_id)
        self.access_logs = AccessLogBucket(
            self,
            "AccessLogs",
            retain=retain,
            # CloudFront's standard logs are written by an access control list:
            # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
        )
        self.page = s3.Bucket(
            self,
            "Page",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="page/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="noncurrent-versions",
                    noncurrent_version_expiration=Duration.days(NONCURRENT_VERSION_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
            auto_delete_objects=not retain,
        )
        for decision in (NO_COPY_IN_ANOTHER_REGION, PAGE_UNDER_S3S_KEY):
            decision.accept(self.page)
