"""Storage: the key, the data and artifacts buckets, the log bucket, the audit trail."""

from aws_cdk import ArnFormat, Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings.environment import Environment
from settings.uploads import UPLOADS
from stacks.constructs.access_log_bucket import ACCESS_LOG_DAYS, AccessLogBucket
from stacks.constructs.audit_trail import AuditTrail
from stacks.constructs.data_stores import QUERY_RESULTS, DataStores
from stacks.constructs.emptier_logs import own_the_logs_of_the_emptier
from stacks.constructs.encrypted_bucket import EncryptedBucket

UPLOAD_DAYS = 30
PROCESSED_DAYS = 90
CAPTURED_DAYS = 30
QUERY_RESULT_DAYS = 30


class StorageStack(Stack):
    """What outlives every other stack. Attribute: `stores`."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, env: Target) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description="SageMaker platform: encryption key, buckets, audit trail",
        )
        retain = environment.retain_data
        key = self._build_key(retain)
        log_days = max(ACCESS_LOG_DAYS, environment.log_retention_days)
        access_logs = AccessLogBucket(self, "AccessLogs", retain=retain, days=log_days)
        data_bucket = EncryptedBucket(
            self,
            "Data",
            key=key,
            access_logs=access_logs,
            retain=retain,
            expiring={UPLOADS: UPLOAD_DAYS, "processed/": PROCESSED_DAYS, "captures/": CAPTURED_DAYS},
        )
        artifacts_bucket = EncryptedBucket(
            self,
            "Artifacts",
            key=key,
            access_logs=access_logs,
            retain=retain,
            expiring={QUERY_RESULTS: QUERY_RESULT_DAYS},
        )
        if environment.audit:
            AuditTrail(
                self,
                "Audit",
                environment=environment,
                audit=environment.audit,
                recorded=[data_bucket, artifacts_bucket],
                log_bucket=access_logs,
                key=key,
            )
        if not retain:
            own_the_logs_of_the_emptier(self, environment=environment, key=key)
        self.stores = DataStores(key=key, data_bucket=data_bucket, artifacts_bucket=artifacts_bucket)
        CfnOutput(self, "DataBucketName", value=data_bucket.bucket_name)
        CfnOutput(self, "ArtifactsBucketName", value=artifacts_bucket.bucket_name)
        CfnOutput(self, "KeyArn", value=key.key_arn)

    def _build_key(self, retain: bool) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description="Encrypts the platform's buckets, volumes, logs and messages",
            enable_key_rotation=True,
            pending_window=Duration.days(30 if retain else 7),
            removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
        )
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        log_groups = self.format_arn(
            service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.{Aws.URL_SUFFIX}")],
                actions=[
                    "kms:Decrypt",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            )
        )
        return key
