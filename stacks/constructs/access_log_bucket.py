"""A bucket that other buckets' or a distribution's access logs go to, or a trail."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs.decisions import LOGS_THAT_S3_DELIVERS, NO_COPY_IN_ANOTHER_REGION

ACCESS_LOG_DAYS = 90


class AccessLogBucket(s3.Bucket):
    """Under S3's own key: log delivery can't write to a bucket under a customer-managed one.

    What is delivered lives for `days`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retain: bool,
        days: int = ACCESS_LOG_DAYS,
        object_ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=object_ownership,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="expire",
                    expiration=Duration.days(days),
                    noncurrent_version_expiration=Duration.days(1),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
            auto_delete_objects=not retain,
        )
        for decision in (LOGS_THAT_S3_DELIVERS, NO_COPY_IN_ANOTHER_REGION):
            decision.accept(self)
