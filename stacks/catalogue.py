"""Catalogue: the prepared data of each workload as a table, and where analysts ask for it."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Stack
from aws_cdk import Environment as Target
from constructs import Construct

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.data_stores import DataStores
from stacks.constructs.prepared_tables import PreparedTables
from stacks.constructs.query_workgroup import QueryWorkgroup


class CatalogueStack(Stack):
    """Attributes: `tables`, `workgroup`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        workloads: Sequence[Workload],
        stores: DataStores,
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: data catalogue")
        self.tables = PreparedTables(
            self,
            "Tables",
            database_name=environment.prefix.replace("-", "_"),
            workloads=[workload for workload in workloads if workload.columns],
            data_bucket=stores.data_bucket,
        )
        self.workgroup = QueryWorkgroup(
            self,
            "WorkGroup",
            name=environment.prefix,
            scan_limit_mb=environment.catalogue.scan_limit_mb,
            stores=stores,
        )
        CfnOutput(self, "DatabaseName", value=self.tables.database_name)
        CfnOutput(self, "WorkGroupName", value=self.workgroup.name)
