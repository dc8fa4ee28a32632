"""Who read and wrote the platform's objects, and who changed what: a trail of CloudTrail."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from settings.audit import Audit
from settings.environment import Environment
from stacks.constructs.decisions import TRAIL_WITHOUT_LOG_GROUP
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.own_role import own_policy_of

PREFIX = "trail"
"""Where in the log bucket the trail writes."""


class AuditTrail(Construct):
    """Data events of some buckets, delivered to the log bucket under the platform's key.

    It has a name, so that the bucket's and the key's policies can let this one trail in before it is made.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        audit: Audit,
        recorded: Sequence[s3.IBucket],
        log_bucket: s3.Bucket,
        key: kms.Key,
    ) -> None:
        super().__init__(scope, construct_id)
        name = environment.resource_name("audit")
        arn = Stack.of(self).format_arn(service="cloudtrail", resource="trail", resource_name=name)
        _allow_delivery(log_bucket, arn)
        _allow_encryption(key, arn)
        trail = cloudtrail.Trail(
            self,
            "Trail",
            trail_name=name,
            # By name only, else CDK adds a policy that doesn't name the trail.
            bucket=s3.Bucket.from_bucket_name(self, "LogBucket", log_bucket.bucket_name),
            s3_key_prefix=PREFIX,
            encryption_key=key,
            enable_file_validation=True,
            management_events=(
                cloudtrail.ReadWriteType.ALL if audit.management_events else cloudtrail.ReadWriteType.NONE
            ),
            is_multi_region_trail=True,
            include_global_service_events=audit.management_events,
            send_to_cloud_watch_logs=audit.log_group,
            cloud_watch_log_group=(
                OwnLogGroup(self, "Logs", environment=environment, key=key) if audit.log_group else None
            ),
        )
        trail.add_s3_event_selector(
            [cloudtrail.S3EventSelector(bucket=bucket) for bucket in recorded],
            include_management_events=False,
            read_write_type=cloudtrail.ReadWriteType.ALL,
        )
        if audit.log_group:
            policy = own_policy_of(cast(iam.Role, trail.node.find_child("LogsRole")))
            cast(cloudtrail.CfnTrail, trail.node.default_child).node.add_dependency(policy)
        else:
            TRAIL_WITHOUT_LOG_GROUP.accept(trail)
        # Also on the bucket's emptying: the trail goes first, or it would write into the emptied bucket.
        trail.node.add_dependency(log_bucket)


def _allow_delivery(bucket: s3.Bucket, trail: str) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html."""
    source = {"aws:SourceArn": trail}
    owned = {"s3:x-amz-acl": "bucket-owner-full-control", **source}
    files = bucket.arn_for_objects(f"{PREFIX}/AWSLogs/{Aws.ACCOUNT_ID}/*")
    bucket.add_to_resource_policy(_statement("s3:GetBucketAcl", bucket.bucket_arn, source))
    bucket.add_to_resource_policy(_statement("s3:PutObject", files, owned))


def _allow_encryption(key: kms.Key, trail: str) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html."""
    source = {"aws:SourceArn": trail}
    encrypted = {"kms:EncryptionContext:aws:cloudtrail:arn": trail, **source}
    key.add_to_resource_policy(_statement("kms:GenerateDataKey*", "*", encrypted))
    key.add_to_resource_policy(_statement("kms:DescribeKey", "*", source))


def _statement(action: str, resource: str, equal: dict[str, str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
        actions=[action],
        resources=[resource],
        conditions={"StringEquals": equal},
    )
