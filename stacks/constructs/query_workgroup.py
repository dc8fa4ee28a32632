"""Where analysts query: limits and encryption that no query can leave."""

from aws_cdk import Aws
from aws_cdk import aws_athena as athena
from constructs import Construct

from stacks.constructs.data_stores import QUERY_RESULTS, DataStores

_MEGABYTE = 1_000_000


class QueryWorkgroup(Construct):
    """A workgroup of Athena, whose answers lie in the artifacts bucket for a while. Attribute: `name`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, scan_limit_mb: int, stores: DataStores
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        athena.CfnWorkGroup(
            self,
            "Resource",
            name=name,
            description="The prepared data of the platform",
            # With the queries that were asked in it, which would hold it.
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=scan_limit_mb * _MEGABYTE,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=stores.artifacts_bucket.s3_url_for_object(QUERY_RESULTS),
                    expected_bucket_owner=Aws.ACCOUNT_ID,
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=stores.key.key_arn
                    ),
                ),
            ),
        )
