"""The prepared data as tables of the Glue Data Catalog, whose columns the workloads declare."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from settings.columns import PARTITION_KEYS, columns_of
from settings.workload import Workload

_HIVE = "org.apache.hadoop.hive"
_RUN, _PART = PARTITION_KEYS


class PreparedTables(Construct):
    """A table for each workload, of the runs' test sets and labelled channels. Attribute: `database_name`.

    Nothing registers partitions: Athena makes their places from the `run` that a query names and the `part`s
    there are. https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database_name: str,
        workloads: Sequence[Workload],
        data_bucket: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self.database_name = database_name
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database_name, description="What the runs of the workloads prepared from raw data"
            ),
        )
        for workload in workloads:
            self._build_table(workload, database, data_bucket)

    def _build_table(self, workload: Workload, database: glue.CfnDatabase, data_bucket: s3.IBucket) -> None:
        location = data_bucket.s3_url_for_object(f"processed/{workload.name}/")
        glue.CfnTable(
            self,
            workload.pascal,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=database.ref,
            table_input=glue.CfnTable.TableInputProperty(
                name=workload.name,
                description=workload.description,
                table_type="EXTERNAL_TABLE",
                partition_keys=[_column(key, "string") for key in PARTITION_KEYS],
                parameters={
                    "EXTERNAL": "TRUE",
                    "classification": "csv",
                    "projection.enabled": "true",
                    f"projection.{_RUN}.type": "injected",
                    f"projection.{_PART}.type": "enum",
                    f"projection.{_PART}.values": ",".join(_parts(workload)),
                    "storage.location.template": f"{location}${{{_RUN}}}/${{{_PART}}}/",
                },
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=location,
                    columns=[_column(*column) for column in columns_of(workload.columns)],
                    input_format="org.apache.hadoop.mapred.TextInputFormat",
                    output_format=f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{_HIVE}.serde2.lazy.LazySimpleSerDe",
                        parameters={"field.delim": ","},
                    ),
                ),
            ),
        )


def _parts(workload: Workload) -> list[str]:
    """The folders whose files have the declared columns."""
    labelled = [name for name, channel in workload.channels.items() if channel.is_labelled_csv]
    return sorted({*labelled, "test"})


def _column(name: str, kind: str, comment: str = "") -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=kind, comment=comment or None)
